import { fans } from "../init/index.ts";
import { add, matmul, type Tensor, transpose } from "../ops/index.ts";
import { type Checked, int, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { biasInit, weightAndBias } from "./initial.ts";
import type { Scope } from "./scope.ts";
import { requireAxes } from "./shapes.ts";

/** x [..., in], weight [out, in], bias [out]  ->  x weight^T + bias  [..., out] */
export const linear = defineLayer({
  summary: "Every output is a weighted sum of all inputs, plus a bias: x W^T + b along the last axis.",
  rule: ["y = x W^T + b"],
  params: { outFeatures: int(required, "[1, inf)", "Number of outputs."), ...weightAndBias },
  positional: "outFeatures",
  apply: affine,
});

/** x weight^T + bias, with the layer's own weight [outFeatures, in] and bias. */
export function affine(
  scope: Scope,
  x: Tensor,
  { outFeatures, weight, bias }: { outFeatures: number } & Checked<typeof weightAndBias>,
): Tensor {
  requireAxes(x, 1, Infinity, "[..., features]");
  const shape = [outFeatures, x.shape.at(-1) as number];
  const y = matmul(x, transpose(scope.parameter("weight", shape, weight)));
  const initial = biasInit(bias);
  return initial ? add(y, scope.parameter("bias", [outFeatures], initial, fans(shape))) : y;
}
