import { add, cos, log, mul, sqrt, sub, type Tensor } from "../ops/index.ts";
import { num } from "../params/index.ts";
import type { Shape } from "../tensor/index.ts";
import { type Draws, defineAugmentation } from "./definition.ts";

/** N(0, 1), by Box and Muller. */
export const gaussian = (draws: Draws, shape: Shape): Tensor =>
  mul(sqrt(mul(log(sub(1, draws.uniform(shape))), -2)), cos(mul(draws.uniform(shape), 2 * Math.PI)));

export const noise = defineAugmentation({
  summary: "Gaussian noise added to every number of an example; examples may have any shape.",
  paper: "Bishop 1995, Neural Computation 7(1): training with noise is Tikhonov regularization",
  params: { std: num(0.1, "[0, inf)", "Its standard deviation.") },
  positional: "std",
  apply: (draws, x, { std }) => (draws.training && std > 0 ? add(x, mul(gaussian(draws, x.shape), std)) : x),
});
