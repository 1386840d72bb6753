import { num, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { poolingParams, powerMean } from "./pooling.ts";

/** [N, C, D, H, W] -> [N, C, D', H', W']: (sum x^p)^(1/p) over each window. A window that ceilMode lets end behind the input counts as if it were whole. */
export const lpPool3d = defineLayer({
  summary: "The p-norm of each window of a volume: 1 sums, and the larger p, the closer to the largest value.",
  paper: "Gulcehre, Cho, Pascanu & Bengio 2014, arXiv:1311.1780, equation 1",
  params: { normType: num(required, "(0, inf)", "p."), ...poolingParams(3) },
  positional: "normType",
  apply: (_scope, x, { normType, ...pooling }) => powerMean(x, normType, pooling),
});
