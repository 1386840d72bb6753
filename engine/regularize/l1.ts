import { abs, mul, sum } from "../ops/index.ts";
import { num, required } from "../params/index.ts";
import { defineRegularizer, on } from "./definition.ts";

/** Added to the loss: alpha sum |w|. Its derivative at 0 is 0. */
export const l1 = defineRegularizer({
  summary: "alpha times the sum of absolute weights: drives those of no use to 0.",
  paper: "Tibshirani 1996, Regression shrinkage and selection via the lasso",
  rule: ["penalty = alpha sum |w|"],
  params: { alpha: num(required, "[0, inf)", "How much the penalty counts beside the loss."), on },
  positional: "alpha",
  penalty: (w, { alpha }) => mul(sum(abs(w)), alpha),
});
