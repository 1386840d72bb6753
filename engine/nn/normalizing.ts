import { init } from "../init/index.ts";
import { add, div, mean, mul, reshape, sqrt, sub, type Tensor, variance } from "../ops/index.ts";
import type { Scope } from "./scope.ts";

/** x to mean 0 and variance 1 over `axes`: (x - mean) / sqrt(var + eps), var the biased variance. */
export function normalized(x: Tensor, axes: readonly number[], eps: number): Tensor {
  const centred = sub(x, mean(x, axes, { keepdims: true }));
  const spread = variance(x, axes, { keepdims: true, correction: 0 });
  return mul(centred, div(1, sqrt(add(spread, eps))));
}

/** A number for each channel of x [N, C, ...] in a shape that broadcasts against x. */
export const perChannel = (t: Tensor, x: Tensor): Tensor => reshape(t, [t.size, ...x.shape.slice(2).map(() => 1)]);

/** y times a weight (1 at first) plus a bias (0 at first) for each channel, which are learned. */
export function scaledPerChannel(scope: Scope, y: Tensor): Tensor {
  const channels = y.shape[1] as number;
  const weight = scope.parameter("weight", [channels], init.ones());
  const bias = scope.parameter("bias", [channels], init.zeros());
  return add(mul(y, perChannel(weight, y)), perChannel(bias, y));
}
