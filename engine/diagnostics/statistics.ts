import type { Tensor } from "../ops/index.ts";
import * as ops from "../ops/index.ts";
import type { Rows } from "../session/device.ts";

/** Values closer to 0 than this are called near zero. */
export const NEAR_ZERO = 1e-3;

/** Bins of a histogram between its ends; one more on either side takes what lies beyond. */
export const BINS = 32;

/** Half the width of a histogram in deviations of its values. */
export const SPREAD = 4;

/** Elements that a histogram looks at when not said, spread evenly over larger tensors. */
const MOST_COUNTED = 16_384;

/** What tensors of smaller numbers, or of zeros, are divided by. */
const SMALLEST_PEAK = 1e-37;

export const momentNames = ["mean", "std", "min", "max", "zero", "nearZero", "nonFinite"] as const;

export type MomentName = (typeof momentNames)[number];
export type Moments = Readonly<Record<MomentName, number>>;

/**
 * What is said of a tensor as a whole, each a scalar of the graph: mean, population deviation, extremes, and the shares of
 * elements that are exactly 0, within NEAR_ZERO of it, and not finite. As rows of a step they cost two passes over x.
 */
export function moments(x: Tensor): Record<MomentName, Tensor> {
  const share = (condition: Tensor): Tensor => ops.mean(ops.cast(condition, "f32"));
  const [mean, min, max] = [ops.mean(x), ops.neg(ops.max(ops.neg(x))), ops.max(x)];
  // in units of the largest absolute value, as f32 does not hold the squares of an exploding net's activations
  const peak = ops.maximum(ops.maximum(max, ops.neg(min)), SMALLEST_PEAK);
  const spread = ops.sqrt(ops.mean(ops.square(ops.div(ops.sub(x, mean), peak))));
  return {
    mean,
    std: ops.mul(spread, peak),
    min,
    max,
    zero: share(ops.equal(x, 0)),
    nearZero: share(ops.less(ops.abs(x), NEAR_ZERO)),
    nonFinite: share(ops.not(ops.isFinite(x))),
  };
}

/** `moments` as rows of a step, named `NAME mean` and so on: see `momentsIn`. */
export const momentRows = (name: string, x: Tensor): { name: string; value: Tensor }[] =>
  Object.entries(moments(x)).map(([moment, value]) => ({ name: `${name} ${moment}`, value }));

/** What `momentRows` reported at step `i` of a submit. */
export const momentsIn = (rows: Rows, name: string, i = 0): Moments =>
  Object.fromEntries(momentNames.map((moment) => [moment, rows[`${name} ${moment}`]?.[i] as number])) as Moments;

/**
 * How the values of a tensor are spread, [BINS + 2] shares that add up to 1: BINS equal bins over mean -+ SPREAD deviations of
 * the tensor itself, between what lies below and above. Tensors of more than `most` elements are sampled evenly.
 */
export function histogram(x: Tensor, most = MOST_COUNTED): Tensor {
  const flat = ops.reshape(x, [x.size]);
  // odd, so that it meets every unit where their number is a power of two
  const stride = Math.ceil(x.size / most) | 1;
  const count = Math.floor(x.size / stride);
  const some = stride === 1 ? flat : ops.slice(flat, 0, 0, count * stride, stride);
  const mean = ops.mean(x);
  const std = ops.maximum(ops.sqrt(ops.variance(x, undefined, { correction: 0 })), 1e-30);
  const place = ops.mul(ops.div(ops.sub(some, mean), ops.mul(std, 2 * SPREAD)), BINS);
  const bin = ops.minimum(ops.maximum(ops.floor(ops.add(place, BINS / 2 + 1)), 0), BINS + 1);
  const bins = ops.cast(ops.iota([BINS + 2, 1], 0), "f32");
  return ops.mean(ops.cast(ops.equal(ops.reshape(bin, [1, count]), bins), "f32"), [1]);
}

/** The largest absolute value of each unit (a place of axis 1) over the others, [units]. */
export function unitPeaks(x: Tensor): Tensor {
  return ops.max(
    ops.abs(x),
    x.shape.map((_, d) => d).filter((d) => d !== 1),
  );
}

/** Euclidean norm of all elements; of tiny and huge ones too, whose squares f32 does not hold. */
export const norm = (x: Tensor): Tensor => scaled(x, (y) => ops.sqrt(ops.sum(ops.square(y))));

/** Population deviation of all elements; of tiny and huge ones too, as a gradient of 1e-25 far from the loss. */
export const deviation = (x: Tensor): Tensor =>
  scaled(x, (y) => ops.sqrt(ops.variance(y, undefined, { correction: 0 })));

/** A figure that grows with x, of x brought to a largest absolute value of 1. */
function scaled(x: Tensor, figure: (y: Tensor) => Tensor): Tensor {
  const peak = ops.maximum(ops.max(ops.abs(x)), SMALLEST_PEAK);
  return ops.mul(figure(ops.div(x, peak)), peak);
}
