import { add, exp, greater, log, mul, select, sub } from "../ops/index.ts";
import { bool, num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/** output x, target t of one shape: e^x - t x, or with the rate itself as output x - t log(x + eps). */
export const poissonNll = defineLoss({
  summary: "Minus the log-likelihood of counts of a Poisson distribution, but for a term of the targets alone.",
  rule: ["l = e^x - y x"],
  params: {
    logInput: bool(true, "The output is the logarithm of the rate."),
    full: bool(false, "Adds Stirling's t log t - t + log(2 pi t) / 2 where t > 1."),
    eps: num(1e-8, "[0, inf)", "Added to the rate within the logarithm."),
    reduction,
  },
  takes: ["value"],
  gives: "values",
  terms: ({ output: x, target }, { logInput, full, eps }) => {
    const t = valueTarget("poissonNll", x, target);
    const each = logInput ? sub(exp(x), mul(t, x)) : sub(x, mul(t, log(add(x, eps))));
    if (!full) return { each };
    const above = greater(t, 1);
    const own = select(above, t, 1);
    const stirling = add(sub(mul(own, log(own)), own), mul(log(mul(own, 2 * Math.PI)), 0.5));
    return { each: add(each, select(above, stirling, 0)) };
  },
});
