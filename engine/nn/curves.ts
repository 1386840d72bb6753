import { exp, greater, greaterEqual, lessEqual, mul, type Operand, select, sub, type Tensor } from "../ops/index.ts";

/**
 * Pieces of activations that neither overflow nor make NaN out of the branch not taken: arguments are chosen before the
 * exponential, since its gradient would be 0 times infinity afterwards.
 */

/** `positive` x above 0, and below `scale` (e^(x / width) - 1), whose derivative at 0 is the one from below, as PyTorch's. */
export function exponentialBelow(x: Tensor, scale: number, width = 1, positive: Operand = 1): Tensor {
  const above = greater(x, 0);
  const bent = mul(sub(exp(mul(select(above, 0, x), 1 / width)), 1), scale);
  return select(above, mul(x, positive), bent);
}

/** x, held between low and high; the derivative is 0 at both, as PyTorch's hardtanh. */
export const clamped = (x: Tensor, low: number, high: number): Tensor =>
  select(lessEqual(x, low), low, select(greaterEqual(x, high), high, x));
