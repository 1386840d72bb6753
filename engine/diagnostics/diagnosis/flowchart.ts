import { ConfigError } from "../../errors/index.ts";
import { num, optional, required } from "../../params/index.ts";
import { type FlowQuestion, flowchartPlot } from "../../plots/flowchart.ts";
import type { Action } from "../../protocol/index.ts";
import { DeviceModel } from "../../session/device.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, showChart } from "../showing.ts";
import { featureFacts } from "./evidence/features.ts";
import { linearR2 } from "./evidence/linear.ts";
import { neighbourFacts } from "./evidence/neighbours.ts";
import { outcomeOf, type PartFacts } from "./evidence/outcome.ts";
import { percent } from "./words.ts";

/** What the flow chart returns: the errors that it compared, and where it ended. */
export interface Flowchart {
  readonly verdict: "bias" | "variance" | "validation" | "done" | "unknown";
  readonly target: number;
  readonly train: number;
  readonly valid: number | null;
  readonly test: number | null;
  /** Best first. */
  readonly advice: readonly string[];
}

/** Differences in error that count: points of accuracy, or of explained variance, which is noisier. */
const CLASSES = 0.02;
const VALUES = 0.1;

export const flowchart = defineDiagnostic({
  summary:
    "What to do next, by the applied bias-variance flow chart: training error against target, validation against training, test against validation.",
  paper:
    "Ng 2018, Machine Learning Yearning, chapters 20 to 25; Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.3",
  params: {
    target: optional(
      num(
        required,
        "[0, 1]",
        "Error that can be reached, such as people's: share of examples wrong, or of variance unexplained. When not given, that of a simple method on the training examples.",
      ),
    ),
    tolerance: optional(
      num(required, "[0, 1]", "Difference in error that counts; 0.02 for classes and 0.1 for values when not given."),
    ),
  },
  of: ["experiment", "run"],
  inspects: false,
  cost: "an evaluation of all parts",
  measure: async ({ experiment, run }, { target: given, tolerance }, context): Promise<Flowchart> => {
    const of = run ?? experiment.lastRun;
    if (!of)
      throw new ConfigError("flowchart: the experiment has no run yet; train it first: await exp.fit({ epochs: 10 })");
    const progress = new Progress(context, { total: 2, unit: "looks", message: "flow chart" });
    const { train: set } = experiment.splits;
    const features = featureFacts(set);
    const simple = neighbourFacts(set, features)?.accuracy ?? linearR2(set, features);
    const target = given ?? (simple === null ? 0 : Math.max(0, 1 - simple));
    progress.check(1);
    const device = new DeviceModel(await context.backend(), experiment.config);
    try {
      device.load(of.weights);
      const outcome = await outcomeOf(device, experiment);
      const error = (part: PartFacts | null) => (part?.score === null || part === null ? null : 1 - part.score);
      const train = error(outcome.train);
      if (train === null) {
        throw new ConfigError("flowchart: needs scores of classes or values as targets, to say how many are wrong");
      }
      const [valid, test] = [error(outcome.valid), error(outcome.test)];
      const values = set.task === "regression";
      const margin = tolerance ?? (values ? VALUES : CLASSES);
      const chance = (part: PartFacts | null) => 2 * (part?.scoreError ?? 0);
      const what = values ? "of the variance unexplained" : "wrong";
      const from =
        given === null
          ? simple === null
            ? ""
            : values
              ? " (linear least squares)"
              : " (nearest neighbours)"
          : " (as given)";
      const questions: (Omit<FlowQuestion, "answer"> & { high: boolean | null })[] = [
        {
          question: "Training error high?",
          numbers: `${percent(train)} ${what}; ${percent(target)} ${given === null && simple === null ? "is the aim" : "can be reached"}${from}`,
          high: train > target + margin,
          verdict: "Bias: it underfits",
          advice: [
            "a larger network, or a better one",
            "train longer, or at another rate",
            "look for bugs: exp.preflight()",
          ],
        },
        {
          question: "Validation error high?",
          numbers:
            valid === null
              ? "no validation examples: split({ valid: 0.1 })"
              : `${percent(valid)} ${what}; ${percent(train)} in training`,
          high: valid === null ? null : valid > Math.max(train, target) + margin + chance(outcome.valid),
          verdict: "Variance: it overfits",
          advice: ["more training examples", "weight decay, dropout, early stopping", "a smaller network"],
        },
        {
          question: "Test error high?",
          numbers:
            test === null
              ? "no test examples"
              : `${percent(test)} ${what}; ${valid === null ? "?" : percent(valid)} in validation`,
          high:
            test === null || valid === null
              ? null
              : test > valid + margin + chance(outcome.test) + chance(outcome.valid),
          verdict: "Fitted to validation",
          advice: ["more validation examples", "choose less by validation figures"],
        },
      ];
      const open = questions.findIndex(({ high }) => high !== false);
      const ends = open < 0 ? questions.length : questions[open]?.high === true ? open : null;
      const verdict = ends === null ? "unknown" : ((["bias", "variance", "validation"] as const)[ends] ?? "done");
      const advice = ends === null ? [] : (questions[ends]?.advice ?? []);
      const finding = FINDINGS[verdict]({ train, valid, test, target });
      showChart(context, flowchartPlot, {
        name: of.name,
        finding,
        ends,
        actions: ACTIONS[verdict],
        questions: questions.map(
          ({ high, ...q }, i): FlowQuestion => ({
            ...q,
            answer: (ends === null ? i <= open : i <= ends) && high !== null ? (high ? "yes" : "no") : null,
          }),
        ),
      });
      return measured({ verdict, target, train, valid, test, advice }, `${of.name}: ${finding}`);
    } finally {
      device.dispose();
    }
  },
});

interface Errors {
  readonly train: number;
  readonly valid: number | null;
  readonly test: number | null;
  readonly target: number;
}

const points = (a: number, b: number): string => `${percent(a - b).replace(" %", "")} points`;

const FINDINGS: Readonly<Record<Flowchart["verdict"], (e: Errors) => string>> = {
  bias: ({ train, target }) =>
    `bias is what to work on: training error is ${points(train, target)} above what can be reached`,
  variance: ({ train, valid }) =>
    `variance is what to work on: validation error is ${points(valid ?? 0, train)} above training error`,
  validation: ({ valid, test }) =>
    `the choice was fitted to the validation set: test error is ${points(test ?? 0, valid ?? 0)} above it`,
  done: ({ train, valid, test }) =>
    `done: errors of ${percent(train)}, ${percent(valid ?? 0)} and ${percent(test ?? 0)} in training, validation and test`,
  unknown: ({ train, valid }) =>
    valid === null
      ? `training error is ${percent(train)}, and there are no validation examples to compare with`
      : `errors of ${percent(train)} in training and ${percent(valid)} in validation are in order; there are no test examples`,
};

const insert = (label: string, text: string): Action => ({
  label,
  title: "Inserts a cell below that does it",
  do: { kind: "insert-cell", text },
});

const ACTIONS: Readonly<Record<Flowchart["verdict"], readonly Action[]>> = {
  bias: [insert("Diagnose", "await exp.diagnose()")],
  variance: [insert("Would more data help?", "await exp.dataCurve()")],
  validation: [],
  done: [],
  unknown: [],
};
