import { classLoss, classParams, classTarget, settleWeight } from "./classes.ts";
import { defineLoss } from "./definition.ts";

/** output [N, C, ...] or [N, ..., C] log-probabilities, target [N, ...] class numbers. */
export const nll = defineLoss({
  summary: "Minus the log-probability of the right class, for models that end in log-probabilities.",
  rule: ["l = -x_y,   x the log-probabilities"],
  params: classParams,
  takes: ["class"],
  gives: "logProbabilities",
  settle: settleWeight("nll"),
  terms: ({ output, target }, options) => {
    const { classes, axis } = classTarget("nll", output, target, options.dim);
    return classLoss("nll", { scores: output, target: classes, axis }, options);
  },
});
