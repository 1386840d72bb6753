import type { RunContext } from "../../../context/index.ts";
import { hyperparameters } from "../../../optim/index.ts";
import { DeviceModel } from "../../../session/device.ts";
import type { Experiment } from "../../../session/experiment.ts";
import type { DeviceData, StepConfig } from "../../../session/forward.ts";
import { initialWeights, type Weights } from "../../../session/model.ts";
import type { Run } from "../../../session/run.ts";
import { viewAs } from "../../../tensor/index.ts";
import { type CurveFacts, curveFacts } from "./curve.ts";
import { type DuplicateFacts, duplicateFacts } from "./duplicates.ts";
import { type ExpectedLoss, expectedLoss } from "./expectedLoss.ts";
import { type FeatureFacts, featureFacts } from "./features.ts";
import { type LabelFacts, labelFacts } from "./labels.ts";
import { type LabelLeak, labelLeak } from "./leaks.ts";
import { linearR2 } from "./linear.ts";
import { type AcrossParts, acrossParts, type NeighbourFacts, neighbourFacts, neighbourR2 } from "./neighbours.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Curvature, curvatureAlongGradient } from "./overshoot.ts";
import { type Probe, probe, probeSize } from "./probe.ts";
import { oddTargets, standardizedTargets, type TargetFacts, targetFacts } from "./targets.ts";
import { type Trial, Trials } from "./trials.ts";

/** Time for short trainings, all together. */
const TRIALS_MS = 3000;
/** A run whose loss came down to this share of where it began needs no trials. */
const SETTLED = 0.02;
/** Above this a velocity outlives the longest time in which batches are alike; Sutskever et al. 2013 go no further than 0.99. */
const HIGH_MOMENTUM = 0.95;
const USUAL_MOMENTUM = 0.9;

/** What the data alone says. */
export interface DataFacts {
  readonly features: FeatureFacts;
  readonly labels: LabelFacts | null;
  readonly leak: LabelLeak | null;
  readonly duplicates: DuplicateFacts;
  readonly neighbours: NeighbourFacts | null;
  /** How neighbours in the training part do on the validation part. */
  readonly acrossParts: AcrossParts | null;
  /** Mean and deviation of values as targets. */
  readonly targets: TargetFacts | null;
  /** Share of variance that linear least squares explains, for values. */
  readonly linearR2: number | null;
  /** And the mean of the nearest neighbours, themselves left out. */
  readonly neighbourR2: number | null;
}

/** What training did, and what is known of where it ended. */
export interface RunFacts {
  readonly run: Run;
  /** Null when fewer than four steps were made. */
  readonly curve: CurveFacts | null;
  readonly final: Probe;
  readonly outcome: Outcome;
  /** Losses of the training examples with the running statistics and with fresh ones; null without batch norm. */
  readonly running: { readonly kept: number; readonly fresh: number } | null;
  readonly curvature: Curvature | null;
  /** Largest rate that was used. */
  readonly lr: number;
  readonly lrVaries: boolean;
  readonly trials: {
    readonly lower: readonly Trial[];
    readonly higher: readonly Trial[];
    /** Of trainings on standardized features, at the same rate, 10 and 100 times it, the one that came furthest. */
    readonly standardized: Trial | null;
    /** At the same rate (or, where the run broke off, a lower one that gets somewhere) on standardized targets, without weight decay, and at a momentum of 0.9; null where that would change nothing. */
    readonly scaledTargets: Trial | null;
    readonly undecayed: Trial | null;
    readonly lessMomentum: Trial | null;
  };
}

/** Everything the rules judge by. */
export interface Evidence {
  readonly experiment: Experiment;
  readonly data: DataFacts;
  readonly expected: ExpectedLoss;
  /** At the first weights. */
  readonly initial: Probe;
  /** Null before any training. */
  readonly ran: RunFacts | null;
  /** What an interrupt or the time left out, in words. */
  readonly missing: readonly string[];
}

/** Data alone, on the host. */
export function gatherData({ splits }: Experiment): DataFacts {
  const features = featureFacts(splits.train);
  return {
    features,
    labels: labelFacts(splits.train),
    leak: labelLeak(splits.train),
    duplicates: duplicateFacts(splits),
    neighbours: neighbourFacts(splits.train, features),
    acrossParts: acrossParts(splits, features),
    targets: targetFacts(splits.train),
    linearR2: linearR2(splits.train, features),
    neighbourR2: neighbourR2(splits.train, features),
  };
}

/** A few seconds of looking, on a model of its own: nothing of the run or the experiment changes. */
export async function gather(
  experiment: Experiment,
  run: Run | null,
  context: RunContext,
  step: (done: number) => void,
) {
  const { config } = experiment;
  const data = gatherData(experiment);
  step(1);
  const device = new DeviceModel(await context.backend(), config);
  try {
    const set = device.upload("train", experiment.splits.train);
    const seed = experiment.options.seed;
    const first = initialWeights(config.model, seed);
    const examples = probeSize(config, set.count);
    device.setOrder(experiment.epochOrder(0));
    const initial = await probe(device, set, first, examples, seed);
    step(2);
    const missing: string[] = [];
    const expected = expectedLoss(config, experiment.splits.train);
    const at = { experiment, context, device, set, first, examples, step, missing, data, initial, expected };
    const ran = run ? await gatherRun({ ...at, run }) : null;
    return { experiment, data, expected, initial, ran, missing } satisfies Evidence;
  } finally {
    device.dispose();
  }
}

interface Gathering {
  readonly experiment: Experiment;
  readonly run: Run;
  readonly context: RunContext;
  readonly device: DeviceModel;
  readonly set: DeviceData;
  readonly first: Weights;
  readonly examples: number;
  readonly step: (done: number) => void;
  readonly missing: string[];
  readonly data: DataFacts;
  readonly initial: Probe;
  readonly expected: ExpectedLoss;
}

async function gatherRun(at: Gathering): Promise<RunFacts> {
  const { experiment, run, context, device, set, first, examples, step, missing, data, initial, expected } = at;
  const { config, splits, options } = experiment;
  const final = await probe(device, set, run.weights, examples, options.seed);
  device.load(run.weights);
  const outcome = await outcomeOf(device, experiment);
  const running = await runningGap(device, set, config, run.weights, final);
  step(3);
  const curve = curveFacts(run.history);
  const rates = run.history.lr.filter((lr) => lr > 0);
  const lr = rates.reduce((most, rate) => Math.max(most, rate), 0) || (hyperparameters(config.optimizer).lr ?? 0);
  const failed = run.stopped === "non-finite";
  const usual = Math.min(initial.loss, expected.value);
  const calm = curve !== null && !failed && curve.highest < 1.5 * initial.loss;
  const settled = calm && curve.end < SETTLED * usual && initial.loss < 5 * expected.value;
  const trials = new Trials(context, device, { experiment, initial: first, budgetMs: TRIALS_MS });
  const lower: Trial[] = [];
  const higher: Trial[] = [];
  let standardized: Trial | null = null;
  let scaledTargets: Trial | null = null;
  let undecayed: Trial | null = null;
  let lessMomentum: Trial | null = null;
  if (!settled && !run.record.loaded && lr > 0) {
    const steps = failed ? undefined : Math.min(150, Math.max(20, run.steps));
    const limit = steps === undefined ? {} : { steps };
    const attempt = async (into: Trial[], factor: number) => {
      const trial = await trials.run("train", splits.train, { factor, lr, ...limit });
      if (trial) into.push(trial);
    };
    const upwards = async () => {
      // for as long as it gets better
      for (let factor = 10; factor <= 1e6 && trials.left; factor *= 10) {
        const before = higher.at(-1);
        await attempt(higher, factor);
        const last = higher.at(-1);
        if (last && (!last.finite || (before && last.end > before.end))) break;
      }
    };
    // a loss that has hardly moved asks for larger steps first
    const still = calm && curve.end > 0.8 * initial.loss;
    if (still) await upwards();
    await attempt(lower, 0.1);
    const reached = failed || !curve ? Number.POSITIVE_INFINITY : curve.end;
    if (splits.train.x.dtype === "f32" && data.features.nonFinite === 0 && oddScale(data.features)) {
      const fitted = splits.train.normalize("standardize");
      // smaller features want larger steps: upwards until it is clear
      for (const factor of [1, 10, 100]) {
        const trial = await trials.run("standardized", fitted, { factor, lr, ...limit });
        if (trial?.finite && trial.end < (standardized?.end ?? Number.POSITIVE_INFINITY)) standardized = trial;
        if (!trial?.finite || trial.end < 0.5 * Math.min(reached, usual)) break;
      }
    }
    if (config.loss.type === "mse" && data.targets && oddTargets(data.targets)) {
      const fitted = standardizedTargets(splits.train, data.targets);
      // where the run broke off, also at lower rates
      for (const factor of failed ? [1, 0.1, 0.01] : [1]) {
        scaledTargets = await trials.run("scaled targets", fitted, { factor, lr, ...limit });
        if (scaledTargets?.finite && scaledTargets.end < 0.9) break;
      }
    }
    const { weightDecay = 0, momentum = 0 } = hyperparameters(config.optimizer);
    const at = { factor: 1, lr, ...limit };
    if (weightDecay > 0) undecayed = await trials.run("train", splits.train, { ...at, hyper: { weightDecay: 0 } });
    if (momentum > HIGH_MOMENTUM)
      lessMomentum = await trials.run("train", splits.train, { ...at, hyper: { momentum: USUAL_MOMENTUM } });
    await attempt(lower, 0.01);
    await attempt(lower, 0.001);
    if (!failed && !still) await upwards();
    if (!trials.left) missing.push("short trainings at other rates were cut off by their time");
  }
  step(4);
  const curvature =
    settled || failed ? null : await curvatureAlongGradient(device, set, run.weights, Math.min(64, examples));
  step(5);
  const lrVaries = rates.some((rate) => Math.abs(rate - lr) > 1e-3 * lr);
  return {
    run,
    curve,
    final,
    outcome,
    running,
    curvature,
    lr,
    lrVaries,
    trials: { lower, higher, standardized, scaledTargets, undecayed, lessMomentum },
  };
}

/**
 * Features that are far from what initializations are made for, deviations of 1: ten times too large or small, or of scales that
 * differ thirtyfold. LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.3.
 */
export const oddScale = ({ rms, ratio }: { rms: number; ratio: number }): boolean =>
  rms > 10 || rms < 0.1 || ratio > 30;

/** Losses of the probe's examples in evaluation mode, with the run's running statistics and with those of the probe. */
async function runningGap(
  device: DeviceModel,
  data: DeviceData,
  { model }: StepConfig,
  weights: Weights,
  final: Probe,
): Promise<RunFacts["running"]> {
  const layers = Object.entries(final.batchStatistics);
  const fresh = new Uint32Array(weights.running);
  let replaced = 0;
  for (const [path, { mean, variance }] of layers) {
    for (const [name, values] of [["running_mean", mean] as const, ["running_var", variance] as const]) {
      const slice = model.running.slices.find((s) => s.name === `${path}.${name}`);
      if (!slice || slice.size !== values.length) continue;
      (viewAs("f32", fresh) as Float32Array).set(values, slice.offset);
      replaced++;
    }
  }
  if (replaced === 0) return null;
  device.load(weights);
  const kept = (await device.evaluate(data)).loss as number;
  device.load({ ...weights, running: fresh });
  const renewed = (await device.evaluate(data)).loss as number;
  device.load(weights);
  return { kept, fresh: renewed };
}
