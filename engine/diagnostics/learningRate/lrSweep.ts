import { int } from "../../params/index.ts";
import { type LrSweepState, lrSweepPlot } from "../../plots/lrSweep.ts";
import { median } from "../../tensor/median.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, ShownChart } from "../showing.ts";
import { checkRates, ratesOf, ratesParams, stepsOf } from "./rates.ts";
import { RatesTraining } from "./ratesTraining.ts";
import { judge } from "./verdict.ts";

export interface LrSweep {
  readonly lrs: readonly number[];
  /** What is compared: the loss on the validation set, or the smoothed training loss when there is none. */
  readonly of: "validation" | "training";
  /** By rate: the median over the seeds, and each seed; Infinity when it is not finite. */
  readonly losses: readonly number[];
  readonly bySeed: readonly (readonly number[])[];
  /** Smoothed training loss at the end, medians over the seeds, also when `losses` are those of the validation set. */
  readonly training: readonly number[];
  /** The rate with the lowest median; null when all diverge. */
  readonly best: number | null;
  readonly steps: number;
  readonly stopped: boolean;
}

export const lrSweep = defineDiagnostic({
  summary: "Trains at several learning rates with several seeds and draws where the loss ends against the rate.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, figure 11.1",
  params: {
    ...ratesParams,
    seeds: int(3, "[1, 16]", "Initial weights and data orders at each rate: the bars."),
  },
  of: ["experiment", "run"],
  inspects: false,
  cost: "5 epochs at 9 rates with 3 seeds, side by side",
  measure: async (subject, options, context): Promise<LrSweep> => {
    checkRates("lrSweep", subject);
    const rates = ratesOf("lrSweep", options);
    const training = new RatesTraining(rates, options.seeds);
    const chart = new ShownChart(context, lrSweepPlot);
    const state = (planned: number, valid: readonly (readonly number[])[] | null, live: boolean): LrSweepState => {
      const bySeed = (valid ?? training.ends).map((own) => [...own].sort((a, b) => a - b));
      const { start } = training;
      const medians = bySeed.map(median);
      return {
        name: subject.name,
        experiment: subject.experiment.name,
        of: valid ? "validation" : "training",
        lrs: rates,
        bySeed,
        medians,
        start,
        best: judge(medians, start).best,
        seeds: options.seeds,
        steps: training.steps,
        planned,
        live,
      };
    };
    const { planned, valid } = await training.run(
      subject,
      context,
      { name: "lrSweep", steps: (perEpoch) => stepsOf("lrSweep", options, perEpoch, { epochs: 5 }), validate: true },
      (steps) => chart.live(() => state(steps, null, true)),
    );
    const end = state(planned, valid, false);
    chart.end(end);
    return measured(
      {
        lrs: rates,
        of: end.of,
        losses: end.medians,
        bySeed: valid ?? training.ends,
        training: training.ends.map((own) => median([...own].sort((a, b) => a - b))),
        best: rates[end.best] ?? null,
        steps: training.steps,
        stopped: training.steps < planned && context.signal.aborted,
      },
      `${lrSweepPlot.title(end)}\n${lrSweepPlot.text(end)}`,
    );
  },
});
