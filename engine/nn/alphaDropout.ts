import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { droppedToLowest } from "./dropping.ts";

export const alphaDropout = defineLayer({
  summary:
    "Dropout for selu. Training: elements become selu's lowest value with probability p, then all are scaled and shifted so that mean 0 and variance 1 stay. Evaluation: nothing.",
  paper: "Klambauer, Unterthiner, Mayr & Hochreiter 2017, arXiv:1706.02515, section 2, new dropout technique",
  params: { p: num(0.5, "[0, 1]", "Probability of dropping an element.") },
  positional: "p",
  apply: (scope, x, { p }) => droppedToLowest(scope, x, p, (shape) => shape),
});
