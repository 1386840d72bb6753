import { abs, less, mul, select, square, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/** With d = output - target: d^2 / 2 where |d| < delta, else delta (|d| - delta / 2). */
export const huber = defineLoss({
  summary: "Squared error near 0, absolute error beyond delta, so that outliers pull no harder than delta.",
  paper: "Huber 1964, Robust estimation of a location parameter",
  rule: [
    "l = (x - y)^2 / 2                      where |x - y| < delta",
    "l = delta (|x - y| - delta / 2)        beyond",
  ],
  params: {
    delta: num(1, "(0, inf)", "Where the square becomes a line, and the line's slope."),
    reduction,
  },
  positional: "delta",
  takes: ["value"],
  gives: "values",
  terms: ({ output, target }, { delta }) => {
    const d = sub(output, valueTarget("huber", output, target));
    const line = mul(sub(abs(d), delta / 2), delta);
    return { each: select(less(abs(d), delta), mul(square(d), 0.5), line) };
  },
});
