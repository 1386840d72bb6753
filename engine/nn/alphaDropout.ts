import { constant, less, select } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { SELU_ALPHA, SELU_SCALE } from "./seluConstants.ts";

/**
 *   y = a (x or -alpha', each element's own draw) + b,   a = 1 / sqrt((1 - p) (1 + p alpha'^2)),   b = a p alpha'
 *
 * alpha' = 1.7581 is what selu tends to far below 0.
 */
export const alphaDropout = defineLayer({
  summary:
    "Dropout for selu. Training: elements become selu's lowest value with probability p, then all are scaled and shifted so that mean 0 and variance 1 stay. Evaluation: nothing.",
  paper: "Klambauer, Unterthiner, Mayr & Hochreiter 2017, arXiv:1706.02515, section 2, new dropout technique",
  params: { p: num(0.5, "[0, 1]", "Probability of dropping an element.") },
  positional: "p",
  apply: (scope, x, { p }) => {
    if (!scope.training || p === 0) return x;
    if (p === 1) return constant(0, x.shape);
    const lowest = SELU_ALPHA * SELU_SCALE;
    const scale = 1 / Math.sqrt((1 - p) * (1 + p * lowest ** 2));
    return select(less(scope.uniform(x.shape), p), -lowest, x)
      .mul(scale)
      .add(scale * p * lowest);
  },
});
