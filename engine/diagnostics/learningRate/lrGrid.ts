import { bool, int, num } from "../../params/index.ts";
import { type LrGridState, lrGridPlot } from "../../plots/lrGrid.ts";
import { median } from "../../tensor/median.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, ShownChart } from "../showing.ts";
import { checkRates, ratesOf, ratesParams, stepsOf } from "./rates.ts";
import { RatesTraining } from "./ratesTraining.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Points of a curve on the chart. */
const MOST_POINTS = 150;

export interface LrGrid {
  readonly lrs: readonly number[];
  /** Smoothed training loss at the end (medians over the seeds), Infinity when it is not finite. */
  readonly losses: readonly number[];
  readonly verdicts: readonly Verdict[];
  /** The rate with the lowest loss; null when all diverge. */
  readonly best: number | null;
  /** With `probe`: the rate to start with. */
  readonly eps0: number | null;
  /** Steps done. */
  readonly steps: number;
  readonly stopped: boolean;
}

export const lrGrid = defineDiagnostic({
  summary: "Trains at several learning rates side by side and says which are slow, good and diverging.",
  params: {
    ...ratesParams,
    seeds: int(1, "[1, 16]", "Initial weights and data orders at each rate; their median is shown."),
    probe: bool(false, "Suggests the first rate of a schedule: a little above the best after a short probe."),
    probeFactor: num(1.2, "(0, inf)", "What the best rate is multiplied by."),
  },
  paper: "probe: Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.3.1",
  of: ["experiment", "run"],
  inspects: false,
  cost: "100 training steps at 9 rates, side by side",
  measure: async (subject, options, context): Promise<LrGrid> => {
    checkRates("lrGrid", subject);
    const rates = ratesOf("lrGrid", options);
    const training = new RatesTraining(rates, options.seeds);
    const chart = new ShownChart(context, lrGridPlot);
    const state = (planned: number, live: boolean): LrGridState => {
      const ends = training.ends.map((own) => median([...own].sort((a, b) => a - b)));
      const { start } = training;
      const { best, verdicts } = judge(ends, start);
      const rate = rates[best];
      return {
        name: subject.name,
        experiment: subject.experiment.name,
        lrs: rates,
        curves: rates.map((_, r) => training.curve(r, MOST_POINTS)),
        ends,
        start,
        verdicts,
        best,
        eps0:
          options.probe && rate !== undefined
            ? { rate: options.probeFactor * rate, factor: options.probeFactor }
            : null,
        seeds: options.seeds,
        steps: training.steps,
        planned,
        live,
      };
    };
    const { planned } = await training.run(
      subject,
      context,
      { name: "lrGrid", steps: (perEpoch) => stepsOf("lrGrid", options, perEpoch, { steps: 100 }), validate: false },
      (steps) => chart.live(() => state(steps, true)),
    );
    const end = state(planned, false);
    chart.end(end);
    return measured(
      {
        lrs: rates,
        losses: end.ends,
        verdicts: end.verdicts,
        best: rates[end.best] ?? null,
        eps0: end.eps0?.rate ?? null,
        steps: training.steps,
        stopped: training.steps < planned && context.signal.aborted,
      },
      `${lrGridPlot.title(end)}\n${lrGridPlot.text(end)}`,
    );
  },
});
