import { ShapeError } from "../errors/index.ts";
import {
  broadcastTo,
  cast,
  concat,
  constant,
  equal,
  gather,
  iota,
  mul,
  neg,
  not,
  reshape,
  select,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { int, optional, value } from "../params/index.ts";
import { sameShape, show } from "../tensor/index.ts";
import { reduced, reduction } from "./reduction.ts";

/** Options of losses over class numbers. */
export const classParams = {
  weight: optional(
    value<readonly number[], readonly number[]>(
      [],
      { type: "readonly number[]", noun: "one number per class, none negative", accepts: areWeights },
      "Weight of each class; the mean divides by the sum of the picked weights.",
    ),
  ),
  ignoreIndex: optional(int(0, "(-inf, inf)", "Class number whose examples do not count.")),
  reduction,
};

interface Options {
  readonly weight: readonly number[] | null;
  readonly ignoreIndex: number | null;
  readonly reduction: "mean" | "sum" | "none";
  readonly labelSmoothing?: number;
}

/**
 * Negative log-likelihood of class numbers, as PyTorch's nll_loss and cross_entropy:
 *
 *   logProbabilities [N, C, ...], target [N, ...] i32  ->  -(1 - s) w[target] logp[target] - s / C sum_c w[c] logp[c]
 */
export function classLoss(where: string, logProbabilities: Tensor, target: Tensor, options: Options): Tensor {
  const { shape } = logProbabilities;
  const classes = shape[1] as number;
  const { weight, ignoreIndex, labelSmoothing = 0 } = options;
  if (weight && weight.length !== classes) {
    throw new ShapeError(`${where}: weight has ${weight.length} numbers for ${classes} classes`);
  }
  const counted = ignoreIndex === null ? undefined : not(equal(target, ignoreIndex));
  const zeroIgnored = (x: Tensor): Tensor => (counted ? select(counted, x, 0) : x);
  const weights = weight && concat(weight.map((w) => constant(w, [1])));

  const picked = equal(iota(shape, 1), broadcastTo(reshape(target, shape.with(1, 1)), shape));
  const each = weights
    ? mul(logProbabilities, reshape(weights, [classes, ...shape.slice(2).map(() => 1)]))
    : logProbabilities;
  let loss = mul(neg(sum(select(picked, each, 0), 1)), 1 - labelSmoothing);
  if (labelSmoothing > 0) loss = loss.sub(mul(sum(each, 1), labelSmoothing / classes));

  const ones = weights ? gather(weights, target) : counted && constant(1, target.shape);
  return reduced(zeroIgnored(loss), options.reduction, ones && zeroIgnored(ones));
}

/** The class numbers as i32. Throws ShapeError, `where` first, unless output is [N, C, ...] and target [N, ...] integers. */
export function classTarget(where: string, output: Tensor, target: Tensor): Tensor {
  if (output.rank < 2) throw new ShapeError(`${where}: takes scores [N, classes], not ${show(output.shape)}`);
  if (target.dtype === "f32" || target.dtype === "bool") {
    throw new ShapeError(`${where}: takes class numbers (i32), not ${target.dtype}`);
  }
  const wanted = output.shape.toSpliced(1, 1);
  if (!sameShape(target.shape, wanted)) {
    throw new ShapeError(
      `${where}: scores ${show(output.shape)} take targets ${show(wanted)}, not ${show(target.shape)}`,
    );
  }
  return cast(target, "i32");
}

function areWeights(given: unknown): boolean {
  return Array.isArray(given) && given.every((w) => typeof w === "number" && w >= 0 && w < Infinity);
}
