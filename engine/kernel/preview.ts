import { ShapeError } from "../errors/index.ts";
import { type Initializer, initializers, sample } from "../init/index.ts";
import { hyperparameters } from "../optim/index.ts";
import { isInstance } from "../params/index.ts";
import type { Density, Preview, PreviewParams, RateCurve } from "../protocol/index.ts";
import { isSchedule, monitorsOf, type Schedule, type Seen, scheduleAt } from "../schedules/index.ts";
import { Experiment, extentOf } from "../session/index.ts";

/** Points of a curve at most: more than a small drawing shows. */
const POINTS = 240;
const BINS = 41;
/** Weights that a density is made of at least, so that its form is not lost among few draws. */
const DRAWS = 40_000;
/** Share of the weights that a density shows at least: heavy tails would press its middle together. */
const SHOWN = 0.997;

/** A layer that weights are drawn for: [out, in], and with a kernel for what only fits one. */
const SHAPES = [
  [64, 32],
  [32, 32, 3],
] as const;
/** A run of which nothing is known. */
const EXAMPLE = { epochs: 10, stepsPerEpoch: 100, lr: 0.1 };
const MOST_STEPS = 100_000_000;

/** Answers the request: see `Requests` in engine/protocol. `experiment` is what a cell gave its name. */
export function preview(
  { call, epochs, steps }: PreviewParams,
  globals: Readonly<Record<string, unknown>>,
  experiment: unknown,
): Preview {
  const known = experiment instanceof Experiment;
  const size = known
    ? extentOf(experiment, { epochs, steps }, experiment.splits.train.size)
    : { stepsPerEpoch: EXAMPLE.stepsPerEpoch, steps: steps ?? (epochs ?? EXAMPLE.epochs) * EXAMPLE.stepsPerEpoch };
  const lr = known ? (hyperparameters(experiment.config.optimizer).lr ?? EXAMPLE.lr) : EXAMPLE.lr;
  const run = { steps: Math.min(Math.max(1, size.steps), MOST_STEPS), stepsPerEpoch: size.stepsPerEpoch, lr, known };
  const nothing = { problem: null, curve: null, density: null, run };
  try {
    const made: unknown = new Function(...Object.keys(globals), `"use strict"; return (${call});`)(
      ...Object.values(globals),
    );
    if (isSchedule(made)) return { ...nothing, curve: rateCurve(made, run) };
    if (isInstance(initializers, made)) return { ...nothing, density: anyDensity(made as Initializer) };
    return { ...nothing, problem: `${call} is neither a schedule nor an initializer` };
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Of the first layer whose weights it can draw. */
function anyDensity(initializer: Initializer): Density {
  const [first, ...others] = SHAPES;
  try {
    return density(initializer, first);
  } catch (error) {
    for (const shape of error instanceof ShapeError ? others : []) return density(initializer, shape);
    throw error;
  }
}

/** Throws ConfigError when the schedule has no rate at some step. */
export function rateCurve(
  schedule: Schedule,
  { steps, stepsPerEpoch, lr }: { steps: number; stepsPerEpoch: number; lr: number },
): RateCurve {
  const epochs = Math.max(1, Math.ceil(steps / stepsPerEpoch));
  const waits = monitorsOf(schedule).map(({ name }) => name);
  const course = (epoch: number) => 1 / (1 + Math.min(epoch, Math.floor(epochs / 5)));
  const seen = Array.from({ length: waits.length > 0 ? Math.min(epochs, 2000) : 0 }, (_, epoch): Seen => {
    const figures = Object.fromEntries(waits.map((name) => [name, course(epoch)]));
    return { step: (epoch + 1) * stepsPerEpoch, train: figures, valid: figures };
  });
  const count = Math.min(steps, POINTS);
  const step = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (steps - 1)) / (count - 1))));
  const place = { steps, stepsPerEpoch, epochs, seen };
  return { step, lr: step.map((at) => scheduleAt(schedule, lr, { ...place, step: at }).lr), waits };
}

/** Weights of a shape as an initializer draws them, of several draws. Throws ShapeError when it does not fit the shape. */
export function density(initializer: Initializer, shape: readonly number[]): Density {
  const size = shape.reduce((a, b) => a * b, 1);
  const times = Math.max(1, Math.min(64, Math.ceil(DRAWS / size)));
  const draws = Array.from({ length: times }, (_, stream) => sample(initializer, { shape, seed: 1, stream }));
  const count = size * times;
  const fold = (add: (sum: number, value: number) => number) =>
    draws.reduce((sum, values) => values.reduce(add, sum), 0);
  const mean = fold((sum, value) => sum + value) / count;
  const std = Math.sqrt(fold((sum, value) => sum + (value - mean) ** 2) / count);
  const sizes = Float64Array.from(draws.flatMap((values) => Array.from(values, Math.abs))).sort();
  const wide = 1.15 * (sizes[Math.floor(SHOWN * (count - 1))] as number) || 1;
  const share = new Array<number>(BINS).fill(0);
  for (const values of draws)
    for (const value of values) {
      const bin = Math.round(((value + wide) / (2 * wide)) * (BINS - 1));
      if (bin >= 0 && bin < BINS) share[bin] = (share[bin] as number) + 1 / count;
    }
  return { center: share.map((_, i) => wide * ((2 * i) / (BINS - 1) - 1)), share, mean, std, shape };
}
