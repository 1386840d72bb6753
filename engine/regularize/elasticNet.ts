import { abs, add, mul, square, sum } from "../ops/index.ts";
import { num, required } from "../params/index.ts";
import { defineRegularizer, on } from "./definition.ts";

/** Added to the loss: l1 sum |w| + l2 sum w^2. */
export const elasticNet = defineRegularizer({
  summary: "Sums of absolute and of squared weights together: few weights, and those small.",
  paper: "Zou & Hastie 2005, Regularization and variable selection via the elastic net, equation 3",
  params: {
    l1: num(required, "[0, inf)", "How much the sum of absolute weights counts beside the loss."),
    l2: num(required, "[0, inf)", "How much the sum of squares counts beside the loss."),
    on,
  },
  penalty: (w, { l1, l2 }) => add(mul(sum(abs(w)), l1), mul(sum(square(w)), l2)),
});
