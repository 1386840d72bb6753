import { exp, log, max, stopGradient, sub, sum } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { axisOf, sameShape } from "../tensor/index.ts";
import { classLoss, classParams, classTarget, settleWeight, softLoss } from "./classes.ts";
import { defineLoss } from "./definition.ts";

/**
 * output [N, C, ...] scores as in PyTorch, or [N, ..., C] as a sequence model gives them for every place; target [N, ...] class
 * numbers. Or targets of the output's shape, f32: probabilities of the classes, which lie along axis 1 unless `dim` says else.
 * Softmax is part of it: the model ends in plain scores.
 */
export const crossEntropy = defineLoss({
  summary: "-log of the probability that softmax gives to the right class.",
  rule: ["l = -x_y + log sum_c e^(x_c)"],
  params: {
    ...classParams,
    labelSmoothing: num(0, "[0, 1]", "Share of the target that is spread evenly over all classes."),
  },
  takes: ["class", "value"],
  gives: "scores",
  settle: settleWeight("crossEntropy"),
  terms: ({ output, target }, options) => {
    const soft = target.dtype === "f32" && sameShape(target.shape, output.shape);
    const found = soft ? undefined : classTarget("crossEntropy", output, target, options.dim);
    const axis = found?.axis ?? axisOf("crossEntropy", options.dim ?? 1, output.rank);
    const scores = sub(output, stopGradient(max(output, axis, { keepdims: true }))); // nothing overflows
    const logNorm = log(sum(exp(scores), axis));
    return found
      ? classLoss("crossEntropy", { scores, logNorm, target: found.classes, axis }, options)
      : softLoss("crossEntropy", { scores, logNorm, target, axis }, options);
  },
});
