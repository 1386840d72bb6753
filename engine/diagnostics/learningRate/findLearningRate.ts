import type { RunContext } from "../../context/index.ts";
import { ConfigError, Interrupted } from "../../errors/index.ts";
import { type Checked, choice, int, num, optional, required } from "../../params/index.ts";
import { lrFinderPlot } from "../../plots/lrFinder.ts";
import { LaneTraining } from "../../session/laneTraining.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { type Ending, RangeRecord, rateOf } from "./rangeTest.ts";
import { checkRates } from "./rates.ts";
import type { RuleName } from "./rules.ts";
import { bundle } from "./seeds.ts";
import { type Advice, advise, divergesAt, noAdvice, type SuggestionName, suggestionNames } from "./suggestion.ts";

const params = {
  startLr: num(1e-7, "(0, inf)", "Rate of the first step."),
  endLr: num(10, "(0, inf)", "Where the rate is heading; the last step is one short of it."),
  steps: int(100, "[1, 100000]", "Updates, one at each rate; they go round the data when that is smaller."),
  mode: choice("exponential", ["exponential", "linear"], "Whether the rate grows by a factor or by an amount."),
  smoothing: num(0.98, "[0, 1)", "Weight of the past in the smoothed loss, corrected for its start; 0 is none."),
  stopFactor: num(4, "(1, inf)", "Ends when the smoothed loss exceeds this many times its lowest."),
  seeds: int(1, "[1, 64]", "Initial weights and data orders to test side by side."),
  suggest: choice(
    "consensus",
    suggestionNames,
    "What is recommended: a rule, or by consensus what lies halfway between valley and minimum.",
  ),
  batchSize: optional(int(required, "[1, inf)", "Examples per step, when not the experiment's.")),
};

/** A range test: rates, losses, and what they suggest. */
export interface FoundLearningRate {
  /** Recommended rate; null when there is none: see `reason`. */
  readonly suggestion: number | null;
  readonly rule: SuggestionName | null;
  readonly suggestions: Readonly<Record<RuleName, number | null>>;
  readonly reason: string;
  /** From here on the loss stays above where it began; null when it does not. */
  readonly diverges: number | null;
  readonly ending: Ending;
  /** Per step: rate, loss and smoothed loss (medians over the seeds). */
  readonly lr: readonly number[];
  readonly loss: readonly number[];
  readonly smoothed: readonly number[];
  /** With several seeds: what each of them alone suggests, and each one's smoothed losses. */
  readonly seeds: {
    readonly suggestions: readonly (number | null)[];
    readonly smoothed: readonly (readonly number[])[];
  } | null;
}

export const findLearningRate = defineDiagnostic({
  summary: "Trains a copy for some steps while the learning rate grows, and reads a good rate off the loss.",
  paper: "Smith 2017, arXiv:1506.01186, section 3.3; rules and smoothing as in fastai 2",
  params,
  of: ["experiment", "run"],
  inspects: false,
  cost: "100 training steps; with seeds as many more, side by side",
  measure: async (subject, options, context): Promise<FoundLearningRate> => {
    checkRates("findLearningRate", subject);
    const { startLr, endLr } = options;
    if (!(endLr > startLr)) {
      throw new ConfigError(`findLearningRate: endLr = ${endLr} is not above startLr = ${startLr}`);
    }
    const count = subject.experiment.splits.train.size;
    if (options.batchSize !== null && options.batchSize > count) {
      throw new ConfigError(
        `findLearningRate: batchSize = ${options.batchSize} is larger than the ${count} training examples; take ${count} or less`,
      );
    }
    if (context.signal.aborted)
      throw new Interrupted("findLearningRate: interrupted before it began; nothing was changed");
    const test = new RangeTest(subject, options, context);
    await test.run();
    return test.end();
  },
});

/** One test under way. */
class RangeTest {
  readonly #subject: Subject;
  readonly #options: Checked<typeof params>;
  readonly #context: RunContext;
  readonly #records: readonly RangeRecord[];
  readonly #chart: ShownChart<Parameters<typeof lrFinderPlot.chart>[1]>;

  constructor(subject: Subject, options: Checked<typeof params>, context: RunContext) {
    this.#subject = subject;
    this.#options = options;
    this.#context = context;
    this.#records = Array.from({ length: options.seeds }, () => new RangeRecord(options.smoothing, options.stopFactor));
    this.#chart = new ShownChart(context, lrFinderPlot);
  }

  #rate(step: number): number {
    const { mode, startLr, endLr, steps } = this.#options;
    return rateOf(mode, startLr, endLr, step, steps);
  }

  async run(): Promise<void> {
    const { steps, batchSize } = this.#options;
    const { experiment } = this.#subject;
    const records = this.#records;
    const seeds = records.map((_, i) => experiment.options.seed + i);
    const training = new LaneTraining(await this.#context.backend(), experiment, {
      seeds,
      weights: seeds.map((seed) => (this.#subject.run ? this.#subject.weights() : this.#subject.weights(seed))),
      shared: (step) => ({ lr: this.#rate(step) }),
      ...(batchSize === null ? {} : { batchSize }),
    });
    const progress = new Progress(this.#context, { total: steps, unit: "steps", message: "finding a learning rate" });
    try {
      await training.run(steps, this.#context.signal, ({ from, count, rows }) => {
        for (let i = 0; i < count * records.length; i++) {
          records[i % records.length]?.add(rows.loss?.[i] as number, rows.ok?.[i] === 1);
        }
        progress.at(from + count);
        this.#chart.live(() => this.#state(true));
        return records.every((r) => r.ending !== null);
      });
    } finally {
      training.dispose();
    }
    if (records.every((r) => r.loss.length === 0)) progress.check(0);
  }

  end(): FoundLearningRate {
    const state = this.#state(false);
    this.#chart.end(state);
    const { lr, loss, smoothed, advice, diverges, ending, alone } = state;
    const spread = alone ? { suggestions: alone, smoothed: this.#records.map((r) => r.smoothed) } : null;
    const { suggestion, rule, suggestions, reason } = advice;
    const found = { suggestion, rule, suggestions, reason, diverges, ending, lr, loss, smoothed, seeds: spread };
    return measured(found, `${lrFinderPlot.title(state)}\n${lrFinderPlot.text(state)}`);
  }

  /** What is known so far. */
  #state(live: boolean) {
    const { steps, suggest, startLr, endLr, mode } = this.#options;
    const records = this.#records;
    const curves = bundle(records);
    const lr = curves.loss.map((_, i) => this.#rate(i));
    const ending = this.#ending(live, curves.loss.length);
    const adviceOn = (curve: { loss: readonly number[]; smoothed: readonly number[] }, finite: boolean): Advice =>
      advise(
        { ...curve, lr: curve.loss.map((_, i) => this.#rate(i)) },
        { planned: steps, finite, prefer: suggest, trained: this.#subject.run !== null },
      );
    return {
      name: this.#subject.name,
      experiment: this.#subject.experiment.name,
      lr,
      ...curves,
      steps,
      ends: [startLr, endLr] as const,
      mode,
      live,
      advice: live ? noAdvice("it goes on") : adviceOn(curves, ending !== "not finite"),
      diverges: divergesAt({ lr, loss: curves.loss }, ending === "not finite" || ending === "diverged"),
      ending,
      alone: records.length > 1 && !live ? records.map((r) => adviceOn(r, r.ending !== "not finite").suggestion) : null,
    };
  }

  #ending(live: boolean, length: number): Ending {
    if (live || length === this.#options.steps) return "all steps";
    const endings = this.#records.map((r) => r.ending);
    if (endings.includes(null) && this.#context.signal.aborted) return "interrupted";
    return endings.includes("diverged") ? "diverged" : "not finite";
  }
}
