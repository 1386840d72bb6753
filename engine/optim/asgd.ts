import { num } from "../params/index.ts";
import { add, div, equal, max, mul, oneMinus, pow, select, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const asgd = defineOptimizer({
  summary: "Gradient descent with a rate that falls, beside which the average ax of all weights is kept.",
  paper: "Polyak & Juditsky 1992, SIAM J. Control Optim. 30(4); as torch.optim.ASGD",
  rule: [
    "g <- g + weightDecay p",
    "p <- (1 - lambd eta) p - eta g",
    "ax <- ax + (p - ax) / max(1, t - 1 - t0)",
    "eta <- lr / (1 + lambd lr t)^alpha   (lr at the first step)",
  ],
  params: {
    lr: num(1e-2, "[0, inf)", "Step size eta of the first step; a schedule may drive it, from the step after."),
    lambd: num(1e-4, "[0, inf)", "Shrinks p by this times eta in every step, and sets how fast eta falls."),
    alpha: num(0.75, "[0, inf)", "Power by which eta falls."),
    t0: num(1e6, "[0, inf)", "Step after which ax averages; until then it is p."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
  },
  /** `eta` is what the step before made of its rate, as in PyTorch: a schedule comes a step late. */
  state: ["ax", "eta"],
  update: ({ p, g, ax, eta, step }, { lr, lambd, alpha, t0, weightDecay }) => {
    g = add(g, mul(weightDecay, p));
    eta = select(equal(step, 1), lr, eta);
    p = sub(mul(p, oneMinus(mul(lambd, eta))), mul(eta, g));
    ax = add(ax, div(sub(p, ax), max(1, sub(sub(step, 1), t0))));
    return { p, ax, eta: div(lr, pow(add(1, mul(mul(lambd, lr), step)), alpha)) };
  },
});
