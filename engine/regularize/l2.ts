import { mul, square, sum } from "../ops/index.ts";
import { num, required } from "../params/index.ts";
import { defineRegularizer, on } from "./definition.ts";

/**
 * Added to the loss: alpha sum w^2, with gradient 2 alpha w, as the slides write it. An optimizer's weightDecay adds weightDecay w to the
 * gradient: alpha = weightDecay / 2.
 */
export const l2 = defineRegularizer({
  summary: "alpha times the sum of squared weights: keeps all of them small.",
  paper: "Hoerl & Kennard 1970, Ridge regression",
  rule: ["penalty = alpha sum w^2"],
  params: { alpha: num(required, "[0, inf)", "How much the penalty counts beside the loss."), on },
  positional: "alpha",
  penalty: (w, { alpha }) => mul(sum(square(w)), alpha),
});
