import { num, nums } from "../params/index.ts";
import { mix, mul, oneMinus, sign, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const lion = defineOptimizer({
  summary: "Steps of exactly lr in every coordinate, by the sign of a running average; lr about a tenth of adamw's.",
  paper: "Chen et al. 2023, arXiv:2302.06675, Algorithm 2",
  rule: [
    "along = sign(beta1 mu + (1 - beta1) g)",
    "p <- (1 - lr weightDecay) p - lr along",
    "mu <- beta2 mu + (1 - beta2) g",
  ],
  params: {
    lr: num(1e-4, "[0, inf)", "Step size; a schedule may drive it."),
    betas: nums([0.9, 0.99], "[0, 1)", "Weight of the moment mu in the step, and its decay."),
    weightDecay: num(0, "[0, inf)", "Decay per step, times lr; kept out of the moment."),
  },
  state: ["mu"],
  update: ({ p, g, mu }, { lr, betas: [b1, b2], weightDecay }) => {
    const along = sign(mix(g, mu, b1));
    const decayed = mul(p, oneMinus(mul(lr, weightDecay)));
    return { p: sub(decayed, mul(lr, along)), mu: mix(g, mu, b2) };
  },
});
