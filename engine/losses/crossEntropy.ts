import { exp, log, max, stopGradient, sub, sum } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { sameShape } from "../tensor/index.ts";
import { classLoss, classParams, classTarget, softLoss } from "./classes.ts";
import { defineLoss } from "./definition.ts";

/**
 * output [N, C, ...] scores; target [N, ...] class numbers, or [N, C, ...] f32 probabilities of the classes.
 * Softmax is part of it: the model ends in plain scores.
 */
export const crossEntropy = defineLoss({
  summary: "-log of the probability that softmax gives to the right class.",
  params: {
    ...classParams,
    labelSmoothing: num(0, "[0, 1]", "Share of the target that is spread evenly over all classes."),
  },
  target: "class",
  compute: ({ output, target }, options) => {
    const scores = sub(output, stopGradient(max(output, 1, { keepdims: true }))); // nothing overflows
    const logNorm = log(sum(exp(scores), 1));
    if (target.dtype === "f32" && sameShape(target.shape, output.shape)) {
      return softLoss("crossEntropy", { scores, logNorm, target }, options);
    }
    const numbers = classTarget("crossEntropy", output, target);
    return classLoss("crossEntropy", { scores, logNorm, target: numbers }, options);
  },
});
