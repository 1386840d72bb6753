import type { RunContext } from "../../context/index.ts";
import { type Dataset, Splits } from "../../data/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { loss } from "../../losses/index.ts";
import { tops } from "../../metrics/exact/index.ts";
import { nn } from "../../nn/index.ts";
import { optim } from "../../optim/index.ts";
import { baselinesPlot } from "../../plots/baselines.ts";
import { percent, significant } from "../../plots/format.ts";
import { schedule } from "../../schedules/index.ts";
import { Experiment, type Run } from "../../session/index.ts";
import { fitQuietly } from "../curves/quiet.ts";
import { defineDiagnostic } from "../definition.ts";
import { outputsOf } from "../evaluation/outputs.ts";
import { onParam, partOf } from "../evaluation/parts.ts";
import { classScores } from "../evaluation/scores.ts";
import { measured, Progress, showChart } from "../showing.ts";
import { Subject } from "../subject.ts";
import type { Estimator } from "./estimator.ts";
import { leastSquares } from "./leastSquares.ts";
import { majority } from "./majority.ts";
import { nearestMean } from "./nearestMean.ts";

/** How one model does on the part. */
export interface Contender {
  readonly name: string;
  /** The run that was asked about; the others are baselines. */
  readonly network: boolean;
  /** Accuracy, or the root mean squared error. */
  readonly figure: number;
  /** 95 % interval of the figure. */
  readonly low: number;
  readonly high: number;
}

export interface Baselines {
  readonly part: string;
  readonly examples: number;
  readonly task: "classification" | "regression";
  /** The best first. */
  readonly contenders: readonly Contender[];
  /**
   * The network against the best baseline: whether it does better, worse, or no differently than these examples can tell
   * (a paired comparison at 95 %); null without a run.
   */
  readonly network: "better" | "worse" | "alike" | null;
}

export const baselines = defineDiagnostic({
  summary: "What models without hidden layers reach on the same data, beside the network.",
  paper: "McNemar 1947, for the paired comparison",
  params: { on: onParam },
  of: ["run", "experiment"],
  inspects: false,
  cost: "a logistic regression (a few thousand steps of one layer), and a forward pass",
  measure: async (subject, { on }, context): Promise<Baselines> => {
    const { name: part, set } = partOf(subject, on);
    const { train } = subject.experiment.splits;
    if (set.y.size !== set.size || set.x.dtype !== "f32") {
      throw new ConfigError(
        "baselines: they take one label or value for each example, and numbers as features; this data has others",
      );
    }
    const task = set.task;
    const run = subject.run ?? subject.experiment.lastRun ?? null;
    const scores =
      task === "classification"
        ? await classifiers(subject, run, train, set, context)
        : await regressors(run, train, set, context);
    const contenders = scores
      .map((s) => contender(s, task))
      .sort((a, b) => (task === "regression" ? 1 : -1) * (a.figure - b.figure));
    const found: Baselines = { part, examples: set.size, task, contenders, network: verdict(scores) };
    showChart(context, baselinesPlot, { name: subject.experiment.name, ...found });
    return measured(found, tableOf(found));
  },
});

/** A model's score for each example: 1 for right, 0 for wrong; or less the squared error. */
interface Scores {
  readonly name: string;
  readonly network: boolean;
  readonly each: Float64Array;
}

async function classifiers(
  subject: Subject,
  run: Run | null,
  train: Dataset,
  set: Dataset,
  context: RunContext,
): Promise<Scores[]> {
  const features = train.x.size / train.size;
  const classes = train.classes?.length ?? 0;
  const right = (said: ArrayLike<number>) => Float64Array.from(set.y.data, (label, i) => Number(said[i] === label));
  const plain = (name: string, estimator: Estimator): Scores => ({
    name,
    network: false,
    each: right(estimator({ x: train.x.data, y: train.y.data, features, classes })(set.x.data)),
  });
  const found = [plain("majority", majority), plain("nearest mean", nearestMean)];
  found.push({ name: "logistic regression", network: false, each: right(await logistic(subject, set, context)) });
  if (run) {
    const { predicted } = await classScores(new Subject(run.experiment, run), set, context, "baselines");
    found.push({ name: run.name, network: true, each: right(predicted) });
  }
  return found;
}

/** Steps of the logistic regression: 40 epochs, within limits. */
const [FEWEST_STEPS, MOST_STEPS] = [400, 4000];

/** Predicted classes of one linear layer on standardized features, trained to its end. */
async function logistic(subject: Subject, set: Dataset, context: RunContext): Promise<Int32Array> {
  const { train } = subject.experiment.splits;
  const scaled = new Splits({ train, test: set }).normalize("standardize");
  const classes = train.classes?.length ?? 0;
  const batchSize = Math.min(64, train.size);
  const steps = Math.min(MOST_STEPS, Math.max(FEWEST_STEPS, Math.round((40 * train.size) / batchSize)));
  const one = new Experiment({
    name: "logistic regression",
    data: scaled.train,
    model: nn.sequential(nn.flatten(), nn.linear(classes)),
    loss: loss.crossEntropy(),
    optimizer: optim.adamw({ lr: 0.02, weightDecay: 0.01 }),
    batchSize,
    dropLast: true,
    seed: subject.experiment.options.seed,
  });
  const progress = new Progress(context, { total: steps, unit: "steps", message: "logistic regression" });
  const run = await fitQuietly(one, { steps, schedule: schedule.cosine() }, context, {
    keep: false,
    at: (step) => progress.at(step),
  });
  progress.check(run.steps);
  const { data } = await outputsOf(new Subject(one, run), scaled.test as Dataset, context);
  return tops(data, classes).place;
}

/** Features that a line is fitted to at most: its equations grow with their square. */
const MOST_FEATURES = 600;

async function regressors(run: Run | null, train: Dataset, set: Dataset, context: RunContext): Promise<Scores[]> {
  const features = train.x.size / train.size;
  const errors = (said: (i: number) => number) =>
    Float64Array.from({ length: set.size }, (_, i) => -((said(i) - (set.y.data[i] as number)) ** 2));
  const mean = average(Float64Array.from(train.y.data));
  const found: Scores[] = [{ name: "mean", network: false, each: errors(() => mean) }];
  if (features <= MOST_FEATURES) {
    const said = leastSquares(train.x.data, train.y.data, features)(set.x.data);
    found.push({ name: "linear regression", network: false, each: errors((i) => said[i] as number) });
  }
  if (run) {
    const { data } = await outputsOf(new Subject(run.experiment, run), set, context);
    found.push({ name: run.name, network: true, each: errors((i) => data[i] as number) });
  }
  return found;
}

const average = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

function deviationOf(values: Float64Array): number {
  const mean = average(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1));
}

function contender({ name, network, each }: Scores, task: Baselines["task"]): Contender {
  const mean = average(each);
  const n = each.length;
  if (task === "regression") {
    const margin = (1.96 * deviationOf(each)) / Math.sqrt(n);
    const root = (v: number) => Math.sqrt(Math.max(0, -v));
    return { name, network, figure: root(mean), low: root(mean + margin), high: root(mean - margin) };
  }
  // Wilson's interval: it stays within 0 and 1
  const z = 1.96 ** 2 / n;
  const middle = (mean + z / 2) / (1 + z);
  const half = (1.96 * Math.sqrt((mean * (1 - mean)) / n + z / (4 * n))) / (1 + z);
  return { name, network, figure: mean, low: middle - half, high: middle + half };
}

/** The network's scores less those of the best baseline, example by example. */
function verdict(scores: readonly Scores[]): Baselines["network"] {
  const net = scores.find((s) => s.network);
  const best = scores.filter((s) => !s.network).sort((a, b) => average(b.each) - average(a.each))[0];
  if (!net || !best) return null;
  const differences = net.each.map((v, i) => v - (best.each[i] as number));
  const margin = (1.96 * deviationOf(differences)) / Math.sqrt(differences.length);
  const difference = average(differences);
  if (Math.abs(difference) <= margin) return "alike";
  return difference > 0 ? "better" : "worse";
}

/** What follows from the comparison. */
export function adviceOf({ network, contenders, part, examples }: Baselines): string {
  const best = contenders.find((c) => !c.network)?.name;
  if (network === null) return `${best} is to be beaten`;
  if (network === "better")
    return `the network does better than ${best}, by more than ${examples} ${part} examples leave to chance`;
  if (network === "worse")
    return `${best} does better than the network: something is wrong with it, or it is too little trained`;
  return `the network is within noise of ${best}: there may be no structure for depth to find, or too little data to find it`;
}

function tableOf(found: Baselines): string {
  const show = found.task === "classification" ? percent : significant;
  const width = Math.max(...found.contenders.map(({ name }) => name.length));
  const lines = found.contenders.map(
    (c) => `  ${c.name.padEnd(width)}  ${show(c.figure).padStart(8)}  (95 %: ${show(c.low)} to ${show(c.high)})`,
  );
  const what = found.task === "classification" ? "accuracy" : "root mean squared error";
  return [
    `${what} on ${found.examples.toLocaleString("en-US")} ${found.part} examples`,
    ...lines,
    adviceOf(found),
  ].join("\n");
}
