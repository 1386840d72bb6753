import type { Shape } from "../tensor/index.ts";
import { cast, div, mul } from "./arithmetic.ts";
import { named } from "./said.ts";
import { apply, type Tensor } from "./tensor.ts";

/** Where random numbers come from: the same three give the same numbers, on every backend. */
export interface RandomKey {
  /** u32 scalar. */
  readonly seed: Tensor;
  /** u32 scalar: other numbers in every step. */
  readonly step: Tensor;
  /** Other numbers in every place of the graph. */
  readonly stream: number;
}

/** Numbers in [0, 1), multiples of 2^-24: the upper 24 bits of each word. */
export const uniform = named("uniform", function uniform({ seed, step, stream }: RandomKey, shape: Shape): Tensor {
  const word = apply("philox", [seed, step], { stream, shape });
  return mul(cast(div(word, 256), "f32"), 2 ** -24);
});
