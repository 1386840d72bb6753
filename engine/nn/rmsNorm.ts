import { init } from "../init/index.ts";
import { add, div, mean, mul, sqrt, square } from "../ops/index.ts";
import { bool, num, optional, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { lastAxes, normalizedShape } from "./normalizedShape.ts";

/** y = x / sqrt(mean(x^2) + eps) * weight over the last axes, those of normalizedShape. */
export const rmsNorm = defineLayer({
  summary: "Each example's last axes divided by their root mean square, then scaled: layerNorm without the mean.",
  paper: "Zhang & Sennrich 2019, arXiv:1910.07467, equation 4",
  rule: ["y = gamma x / sqrt(mean(x^2) + eps)"],
  params: {
    normalizedShape,
    eps: optional(
      num(required, "[0, inf)", "Added to the mean square; 2^-23 when not given, the distance from 1 to the next f32."),
    ),
    elementwiseAffine: bool(true, "Whether there is a weight (1 at first) for each element."),
  },
  positional: "normalizedShape",
  apply: (scope, x, { normalizedShape: given, eps, elementwiseAffine }) => {
    const { axes, shape } = lastAxes(x, given);
    const meanSquare = mean(square(x), axes, { keepdims: true });
    const y = mul(x, div(1, sqrt(add(meanSquare, eps ?? 2 ** -23))));
    return elementwiseAffine ? mul(y, scope.parameter("weight", shape, init.ones())) : y;
  },
});
