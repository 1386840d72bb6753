import { init } from "../init/index.ts";
import { add, mul } from "../ops/index.ts";
import { bool, num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { lastAxes, normalizedShape } from "./normalizedShape.ts";
import { normalized } from "./normalizing.ts";

/** y = (x - mean) / sqrt(var + eps) * weight + bias over the last axes, those of normalizedShape; var is the biased variance. */
export const layerNorm = defineLayer({
  summary: "Each example's last axes to mean 0 and variance 1, then scaled and shifted; the same in evaluation.",
  paper: "Ba, Kiros & Hinton 2016, arXiv:1607.06450, equation 4",
  rule: ["y = gamma (x - mean) / sqrt(var + eps) + beta,   mean and var of the example"],
  params: {
    normalizedShape,
    eps: num(1e-5, "[0, inf)", "Added to the variance."),
    elementwiseAffine: bool(true, "Whether there are a weight (1 at first) and a bias (0 at first) for each element."),
    bias: bool(true, "Without it there is a weight only."),
  },
  positional: "normalizedShape",
  apply: (scope, x, { normalizedShape: given, eps, elementwiseAffine, bias }) => {
    const { axes, shape } = lastAxes(x, given);
    const y = normalized(x, axes, eps);
    if (!elementwiseAffine) return y;
    const scaled = mul(y, scope.parameter("weight", shape, init.ones()));
    return bias ? add(scaled, scope.parameter("bias", shape, init.zeros())) : scaled;
  },
});
