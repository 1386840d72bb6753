import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { droppedToLowest } from "./dropping.ts";
import { requireAxes } from "./shapes.ts";

/** [N, C, ...]: whole channels of examples. */
export const featureAlphaDropout = defineLayer({
  summary: "alphaDropout of whole channels. Evaluation: nothing.",
  paper: "Klambauer, Unterthiner, Mayr & Hochreiter 2017, arXiv:1706.02515, section 2, new dropout technique",
  params: { p: num(0.5, "[0, 1]", "Probability of dropping a channel.") },
  positional: "p",
  apply: (scope, x, { p }) => {
    requireAxes(x, 2, 5, "[N, C, ...]");
    return droppedToLowest(scope, x, p, (shape) => shape.map((n, axis) => (axis < 2 ? n : 1)));
  },
});
