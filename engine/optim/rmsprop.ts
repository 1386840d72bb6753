import { bool, num } from "../params/index.ts";
import { add, div, max, mix, mul, sqrt, square, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const rmsprop = defineOptimizer({
  summary: "Divides each coordinate's step by the root of a running average of its squared gradient.",
  paper: "Tieleman & Hinton 2012, Coursera lecture 6.5; centered: Graves 2013, arXiv:1308.0850; as torch.optim.RMSprop",
  rule: [
    "g <- g + weightDecay p",
    "nu <- alpha nu + (1 - alpha) g^2",
    "centered: mean <- alpha mean + (1 - alpha) g, and nu - mean^2 takes the place of nu below",
    "v <- momentum v + g / (sqrt(nu) + eps)",
    "p <- p - lr v",
  ],
  params: {
    lr: num(1e-2, "[0, inf)", "Step size; a schedule may drive it."),
    alpha: num(0.99, "[0, 1)", "Decay of the average nu."),
    eps: num(1e-8, "[0, inf)", "Added to the root, outside of it."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
    momentum: num(0, "[0, 1)", "What remains of the velocity v after a step."),
    centered: bool(false, "Takes the square of the mean gradient away: divides by the deviation."),
  },
  state: ({ momentum, centered }) => [
    "nu",
    ...(centered ? (["mean"] as const) : []),
    ...(momentum ? (["v"] as const) : []),
  ],
  update: ({ p, g, nu, mean, v }, { lr, alpha, eps, weightDecay, momentum, centered }, plain) => {
    g = add(g, mul(weightDecay, p));
    nu = mix(square(g), nu, alpha);
    if (centered) mean = mix(g, mean, alpha);
    // a variance; rounding must not make it negative
    const variance = centered ? max(sub(nu, square(mean)), 0) : nu;
    const along = div(g, add(sqrt(variance), eps));
    if (plain.momentum === 0) return { p: sub(p, mul(lr, along)), nu, mean };
    v = add(mul(momentum, v), along);
    return { p: sub(p, mul(lr, v)), nu, mean, v };
  },
});
