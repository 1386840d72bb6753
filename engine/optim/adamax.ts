import { num, nums } from "../params/index.ts";
import { abs, add, div, max, mix, mul, oneMinusPow, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const adamax = defineOptimizer({
  summary: "Adam with a decaying maximum of the gradient in place of its root mean square.",
  paper: "Kingma & Ba 2015, arXiv:1412.6980, Algorithm 2; eps as torch.optim.Adamax",
  rule: [
    "g <- g + weightDecay p",
    "mu <- beta1 mu + (1 - beta1) g",
    "u <- max(beta2 u, |g| + eps)",
    "p <- p - lr / (1 - beta1^t) mu / u",
  ],
  params: {
    lr: num(2e-3, "[0, inf)", "Step size; a schedule may drive it."),
    betas: nums([0.9, 0.999], "[0, 1)", "Decay of the moment mu and of the maximum u."),
    eps: num(1e-8, "(0, inf)", "Added to |g| before the maximum is taken."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
  },
  state: ["mu", "u"],
  update: ({ p, g, mu, u, step }, { lr, betas: [b1, b2], eps, weightDecay }) => {
    g = add(g, mul(weightDecay, p));
    mu = mix(g, mu, b1);
    u = max(mul(b2, u), add(abs(g), eps));
    return { p: sub(p, mul(div(lr, oneMinusPow(b1, step)), div(mu, u))), mu, u };
  },
});
