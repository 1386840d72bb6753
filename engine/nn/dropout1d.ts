import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { dropped } from "./dropping.ts";
import { requireImages } from "./shapes.ts";

/** [N, C, L]: whole channels of examples. */
export const dropout1d = defineLayer({
  summary:
    "Training: each channel of each example becomes 0 with probability p, and the others are divided by 1 - p. Evaluation: nothing.",
  paper: "Tompson, Goroshin, Jain, LeCun & Bregler 2015, arXiv:1411.4280, section 3.2",
  params: { p: num(0.5, "[0, 1]", "Probability of dropping a channel.") },
  positional: "p",
  apply: (scope, x, { p }) => {
    requireImages(x, 1);
    return dropped(scope, x, p, (shape) => shape.map((n, axis) => (axis < 2 ? n : 1)));
  },
});
