import { logSoftmax } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { classLoss, classParams, classTarget } from "./classes.ts";
import { defineLoss } from "./definition.ts";

/** output [N, C, ...] scores, target [N, ...] class numbers. Softmax is part of it: the model ends in plain scores. */
export const crossEntropy = defineLoss({
  summary: "-log of the probability that softmax gives to the right class.",
  params: {
    ...classParams,
    labelSmoothing: num(0, "[0, 1]", "Share of the target that is spread evenly over all classes."),
  },
  target: "class",
  compute: ({ output, target }, options) => {
    const classes = classTarget("crossEntropy", output, target);
    return classLoss("crossEntropy", logSoftmax(output, 1), classes, options);
  },
});
