import { add, constant, less, mul, select, type Tensor } from "../ops/index.ts";
import type { Shape } from "../tensor/index.ts";
import type { Scope } from "./scope.ts";
import { SELU_ALPHA, SELU_SCALE } from "./seluConstants.ts";

/** Shape of the draws of x: 1 along the axes that are kept or dropped as a whole. */
type Draws = (shape: Shape) => Shape;

/** In training, x with its parts 0 with probability p, and the others divided by 1 - p; in evaluation, x. */
export function dropped(scope: Scope, x: Tensor, p: number, draws: Draws): Tensor {
  if (!scope.training || p === 0) return x;
  if (p === 1) return constant(0, x.shape);
  return select(less(scope.uniform(draws(x.shape)), p), 0, mul(x, 1 / (1 - p)));
}

/**
 * In training, x with its parts -alpha' with probability p, then scaled and shifted so that mean 0 and variance 1 stay:
 *
 *   y = a (x or -alpha') + b,   a = 1 / sqrt((1 - p) (1 + p alpha'^2)),   b = a p alpha'
 *
 * alpha' = 1.7581 is what selu tends to far below 0.
 */
export function droppedToLowest(scope: Scope, x: Tensor, p: number, draws: Draws): Tensor {
  if (!scope.training || p === 0) return x;
  if (p === 1) return constant(0, x.shape);
  const lowest = SELU_ALPHA * SELU_SCALE;
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * lowest ** 2));
  return add(mul(select(less(scope.uniform(draws(x.shape)), p), -lowest, x), scale), scale * p * lowest);
}
