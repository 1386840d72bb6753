import { abs, less, mul, select, square, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/** With d = output - target: d^2 / (2 beta) where |d| < beta, else |d| - beta / 2. Huber's loss divided by beta. */
export const smoothL1 = defineLoss({
  summary: "Absolute error with a rounded tip: squared error within beta, slope 1 beyond.",
  paper: "Girshick 2015, arXiv:1504.08083, equation 3",
  rule: ["l = (x - y)^2 / (2 beta)        where |x - y| < beta", "l = |x - y| - beta / 2          beyond"],
  params: {
    beta: num(1, "[0, inf)", "Where the square becomes a line; 0 is the absolute error."),
    reduction,
  },
  positional: "beta",
  takes: ["value"],
  gives: "values",
  terms: ({ output, target }, { beta }) => {
    const d = sub(output, valueTarget("smoothL1", output, target));
    if (beta === 0) return { each: abs(d) };
    return { each: select(less(abs(d), beta), mul(square(d), 0.5 / beta), sub(abs(d), beta / 2)) };
  },
});
