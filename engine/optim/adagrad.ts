import { num } from "../params/index.ts";
import { add, div, equal, mul, select, sqrt, square, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const adagrad = defineOptimizer({
  summary: "Divides each coordinate's step by the root of the sum of its squared gradients so far.",
  paper: "Duchi, Hazan & Singer 2011, JMLR 12, section 1.3; as torch.optim.Adagrad",
  rule: [
    "g <- g + weightDecay p",
    "sum <- sum + g^2   (from initialAccumulatorValue)",
    "p <- p - lr / (1 + (t - 1) lrDecay) g / (sqrt(sum) + eps)",
  ],
  params: {
    lr: num(1e-2, "[0, inf)", "Step size; a schedule may drive it."),
    lrDecay: num(0, "[0, inf)", "The rate at step t is lr / (1 + (t - 1) lrDecay)."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
    initialAccumulatorValue: num(0, "[0, inf)", "What the sum starts from."),
    eps: num(1e-10, "[0, inf)", "Added to the root, outside of it."),
  },
  state: ["sum"],
  update: ({ p, g, sum, step }, { lr, lrDecay, weightDecay, initialAccumulatorValue, eps }) => {
    g = add(g, mul(weightDecay, p));
    sum = add(add(sum, select(equal(step, 1), initialAccumulatorValue, 0)), square(g));
    const rate = div(lr, add(1, mul(sub(step, 1), lrDecay)));
    return { p: sub(p, mul(rate, div(g, add(sqrt(sum), eps)))), sum };
  },
});
