import { choice, num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { dropped } from "./dropping.ts";

/**
 * As torchvision's StochasticDepth, at the end of what a residual connection adds:
 *
 *   nn.residual(nn.sequential(nn.linear(64), nn.relu(), nn.stochasticDepth(0.2)))
 */
export const stochasticDepth = defineLayer({
  summary:
    "Training: all of an example (row) or of the batch becomes 0 with probability p, and else is divided by 1 - p, which skips a residual block. Evaluation: nothing.",
  paper: "Huang, Sun, Liu, Sedra & Weinberger 2016, arXiv:1603.09382, section 3",
  params: {
    p: num(0.5, "[0, 1]", "Probability of dropping."),
    mode: choice("row", ["row", "batch"], "Whether each example has its own draw, or the batch one."),
  },
  positional: "p",
  apply: (scope, x, { p, mode }) =>
    dropped(scope, x, p, (shape) => shape.map((n, axis) => (mode === "row" && axis === 0 ? n : 1))),
});
