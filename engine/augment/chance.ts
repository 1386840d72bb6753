import { add, floor, less, mul, select, type Tensor } from "../ops/index.ts";
import type { Draws } from "./definition.ts";

/** A number for each of the batch's examples, as [N, 1, 1, ...] to go with x. */
const oneEach = (draws: Draws, x: Tensor): Tensor =>
  draws.uniform([x.shape[0] as number, ...x.shape.slice(1).map(() => 1)]);

/** U[low, high) for each example. */
export const between = (draws: Draws, x: Tensor, low: number, high: number): Tensor =>
  add(mul(oneEach(draws, x), high - low), low);

/** A whole number of low to high, with both, for each example: f32. */
export const whole = (draws: Draws, x: Tensor, low: number, high: number): Tensor =>
  floor(between(draws, x, low, high + 1));

/** `changed` for examples that a draw of probability p picks, x for the others. */
export function sometimes(draws: Draws, x: Tensor, p: number, changed: () => Tensor): Tensor {
  if (!draws.training || p === 0) return x;
  return p === 1 ? changed() : select(less(oneEach(draws, x), p), changed(), x);
}
