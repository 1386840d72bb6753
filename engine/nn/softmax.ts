import { softmax as f, mul } from "../ops/index.ts";
import { int, num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const softmax = defineLayer({
  summary: "e^x divided by its sum along an axis: positive numbers with sum 1.",
  paper: "temperature: Hinton, Vinyals & Dean 2015, arXiv:1503.02531, equation 1",
  rule: ["y_i = e^(x_i) / sum_j e^(x_j)"],
  params: {
    dim: int(-1, "(-inf, inf)", "The axis whose numbers sum to 1; negative ones count from the end."),
    temperature: num(1, "(0, inf)", "Divides x first: above 1 the shares become more alike, below 1 less."),
  },
  positional: "dim",
  apply: (_scope, x, { dim, temperature }) => f(mul(x, 1 / temperature), dim),
});
