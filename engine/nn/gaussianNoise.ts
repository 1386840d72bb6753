import { add, cos, log, mul, sqrt, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

/** y = x + std z, z standard normal by Box and Muller's transform: sqrt(-2 log(1 - u)) cos(2 pi v). */
export const gaussianNoise = defineLayer({
  summary: "Training: adds normal noise with mean 0 to each element. Evaluation: nothing.",
  paper: "Bishop 1995, Training with Noise is Equivalent to Tikhonov Regularization, Neural Computation 7",
  params: { std: num(0.1, "[0, inf)", "Standard deviation of the noise.") },
  positional: "std",
  apply: (scope, x, { std }) => {
    if (!scope.training || std === 0) return x;
    const radius = sqrt(mul(log(sub(1, scope.uniform(x.shape))), -2));
    return add(x, mul(mul(radius, cos(mul(scope.uniform(x.shape), 2 * Math.PI))), std));
  },
});
