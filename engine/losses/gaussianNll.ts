import { ShapeError } from "../errors/index.ts";
import { add, div, exp, log, maximum, mul, reshape, slice, square, stopGradient, sub } from "../ops/index.ts";
import { bool, num } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/**
 * output [N, 2 K, ...]: K means m, then K variances v; target t [N, K, ...], or [N] when K = 1:
 *
 *   (log max(v, eps) + (m - t)^2 / max(v, eps)) / 2
 */
export const gaussianNll = defineLoss({
  summary: "Minus the log-likelihood of values whose mean and variance the model gives.",
  paper: "Nix & Weigend 1994, Estimating the mean and variance of the target probability distribution",
  rule: ["l = (log v + (mean - y)^2 / v) / 2,   v = max(variance, eps)"],
  params: {
    full: bool(false, "Adds the constant log(2 pi) / 2."),
    eps: num(1e-6, "(0, inf)", "Least variance."),
    logVariance: bool(false, "The second half are logarithms of the variances, which may be any numbers."),
    reduction,
  },
  takes: ["value"],
  gives: "values",
  terms: ({ output, target }, { full, eps, logVariance }) => {
    const width = output.shape[1] ?? 1;
    if (output.rank < 2 || width % 2 !== 0) {
      throw new ShapeError(`gaussianNll: takes [N, 2 K, ...], means and then variances, not ${show(output.shape)}`);
    }
    const mean = slice(output, 1, 0, width / 2);
    const given = slice(output, 1, width / 2);
    const own = logVariance ? exp(given) : given;
    const variance = add(own, stopGradient(sub(maximum(own, eps), own))); // its gradient passes the limit, as PyTorch's
    const t = reshape(valueTarget("gaussianNll", mean, target), mean.shape);
    const each = mul(add(log(variance), div(square(sub(mean, t)), variance)), 0.5);
    return { each: full ? add(each, Math.log(2 * Math.PI) / 2) : each };
  },
});
