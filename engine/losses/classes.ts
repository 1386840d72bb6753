import { ShapeError } from "../errors/index.ts";
import {
  add,
  broadcastTo,
  cast,
  constant,
  equal,
  gather,
  iota,
  mul,
  neg,
  not,
  reshape,
  select,
  sub,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { int, optional, required } from "../params/index.ts";
import { axisOf, type Shape, sameShape, show } from "../tensor/index.ts";
import type { ClassCounts, Terms } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { balanced, type ClassWeights, classWeights, settled, vector } from "./weights.ts";

/** Option of everything that compares scores of classes. */
export const classAxis = optional(
  int(
    required,
    "(-inf, inf)",
    "Axis of the classes in the output. When not given the targets tell: 1 as in PyTorch, or the last, as for every place of a sequence.",
  ),
);

/** Options of losses over class numbers. */
export const classParams = {
  dim: classAxis,
  weight: classWeights,
  ignoreIndex: optional(int(0, "(-inf, inf)", "Class number whose examples do not count.")),
  reduction,
};

interface Options {
  readonly weight: ClassWeights | null;
  readonly ignoreIndex: number | null;
  readonly labelSmoothing?: number;
}

/**
 * Negative log-likelihood of class numbers, as PyTorch's nll_loss and cross_entropy:
 *
 *   logp [N, ..., C, ...], target [N, ...] i32  ->  -(1 - s) w[target] logp[target] - s / C sum_c w[c] logp[c]
 *
 * with the C classes at `axis`. logp is `scores`, or with `logNorm` [N, ...] scores - logNorm: never built, so that its
 * gradient takes no further sum.
 */
export function classLoss(
  where: string,
  { scores, logNorm, target, axis }: Scores & { logNorm?: Tensor; target: Tensor },
  options: Options,
): Terms {
  const { shape } = scores;
  const classes = shape[axis] as number;
  const { ignoreIndex, labelSmoothing = 0 } = options;
  const weight = weightOf(where, options.weight, classes);
  const counted = ignoreIndex === null ? undefined : not(equal(target, ignoreIndex));
  const zeroIgnored = (x: Tensor): Tensor => (counted ? select(counted, x, 0) : x);
  const weights = weight && vector(weight);
  const pickedWeight = weights ? gather(weights, target) : constant(1, target.shape);
  const minusLog = (score: Tensor): Tensor => (logNorm ? sub(logNorm, score) : neg(score));

  const isTarget = equal(iota(shape, axis), broadcastTo(reshape(target, shape.with(axis, 1)), shape));
  let loss = mul(pickedWeight, minusLog(sum(select(isTarget, scores, 0), axis)));
  if (labelSmoothing > 0) {
    const all = sum(weights ? mul(scores, alongClasses(weights, shape, axis)) : scores, axis);
    const total = weight ? weight.reduce((s, w) => s + w, 0) : classes;
    const even = logNorm ? sub(mul(logNorm, total), all) : neg(all);
    loss = add(mul(loss, 1 - labelSmoothing), mul(even, labelSmoothing / classes));
  }
  return { each: zeroIgnored(loss), count: weights || counted ? sum(zeroIgnored(pickedWeight)) : undefined };
}

/**
 * Cross entropy against probabilities: -sum_c w[c] q[c] (scores[c] - logNorm), q = (1 - s) target + s / C. As in
 * PyTorch the mean divides by the number of examples, whatever the weights.
 */
export function softLoss(
  where: string,
  { scores, logNorm, target, axis }: Scores & { logNorm: Tensor; target: Tensor },
  options: Options,
): Terms {
  const classes = scores.shape[axis] as number;
  if (classes < 2) {
    throw new ShapeError(
      `${where}: ${classes} score for each example says nothing of classes; take loss.bceWithLogits() for yes or no`,
    );
  }
  const { ignoreIndex, labelSmoothing = 0 } = options;
  const weight = weightOf(where, options.weight, classes);
  if (ignoreIndex !== null) throw new ShapeError(`${where}: ignoreIndex takes class numbers, not probabilities`);
  const smooth = labelSmoothing > 0 ? add(mul(target, 1 - labelSmoothing), labelSmoothing / classes) : target;
  const share = weight ? mul(smooth, alongClasses(vector(weight), scores.shape, axis)) : smooth;
  return { each: sub(mul(logNorm, sum(share, axis)), sum(mul(share, scores), axis)) };
}

/**
 * The class numbers as i32 and the axis of the output that runs over the classes: `dim`, or the one without which the output has
 * the targets' shape. Throws ShapeError, `where` first, unless the targets are integers of that shape, or when both
 * axis 1 and the last would do.
 */
export function classTarget(
  where: string,
  output: Tensor,
  target: Tensor,
  dim: number | null,
): { classes: Tensor; axis: number } {
  if (output.rank < 2) throw new ShapeError(`${where}: takes scores [N, classes], not ${show(output.shape)}`);
  if (target.dtype === "f32" || target.dtype === "bool") {
    throw new ShapeError(`${where}: takes class numbers (i32), not ${target.dtype}`);
  }
  return { classes: cast(target, "i32"), axis: axisOfClasses(where, output.shape, target.shape, dim) };
}

/** The axis of scores that runs over the classes, for targets of a shape: see `classTarget`. */
export function axisOfClasses(where: string, output: Shape, target: Shape, dim: number | null): number {
  const axes = dim === null ? [1, output.length - 1] : [axisOf(where, dim, output.length)];
  const [fits, also] = new Set(axes.filter((axis) => sameShape(output.toSpliced(axis, 1), target)));
  if (fits === undefined) {
    const wanted = axes.map((axis) => show(output.toSpliced(axis, 1)));
    throw new ShapeError(
      `${where}: scores ${show(output)} take targets ${[...new Set(wanted)].join(" or ")}, not ${show(target)}`,
    );
  }
  if (also !== undefined) {
    throw new ShapeError(
      `${where}: the classes of ${show(output)} may lie along axis 1 or the last; say which, as dim: -1`,
    );
  }
  return fits;
}

/** Scores of the classes along `axis`. */
interface Scores {
  readonly scores: Tensor;
  readonly axis: number;
}

/** Weights of the classes, one for each. Throws ShapeError. */
export function weightOf(where: string, given: ClassWeights | null, classes: number): readonly number[] | null {
  const weight = settled(where, given);
  if (weight && weight.length !== classes) {
    throw new ShapeError(`${where}: weight has ${weight.length} numbers for ${classes} classes`, {
      fault: { kind: "shape", option: "weight" },
    });
  }
  return weight;
}

/** Settles `weight: "balanced"`. */
export const settleWeight =
  (where: string) =>
  <O extends { readonly weight: ClassWeights | null }>(options: O, counts: ClassCounts): O =>
    options.weight === "balanced" ? { ...options, weight: balanced(where, counts) } : options;

/** One number per class lined up with `axis` of `shape`. */
const alongClasses = (x: Tensor, shape: Shape, axis: number): Tensor =>
  reshape(x, [x.size, ...shape.slice(axis + 1).map(() => 1)]);
