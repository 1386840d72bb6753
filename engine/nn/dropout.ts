import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { dropped } from "./dropping.ts";

export const dropout = defineLayer({
  summary:
    "Training: each element becomes 0 with probability p, and the others are divided by 1 - p. Evaluation: nothing.",
  paper: "Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, JMLR 15, section 4; inverted scaling",
  rule: ["training:    y = x / (1 - p) with probability 1 - p, else 0", "evaluation:  y = x"],
  params: { p: num(0.5, "[0, 1]", "Probability of dropping an element.") },
  positional: "p",
  apply: (scope, x, { p }) => dropped(scope, x, p, (shape) => shape),
});
