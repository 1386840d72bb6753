import { bool, num, nums } from "../params/index.ts";
import { add, div, max, mix, mul, oneMinus, oneMinusPow, sqrt, square, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const adamw = defineOptimizer({
  summary: "Adam with weight decay kept out of the moments.",
  paper: "Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2; amsgrad: arXiv:1904.09237",
  rule: [
    "p <- (1 - lr weightDecay) p",
    "mu <- beta1 mu + (1 - beta1) g",
    "nu <- beta2 nu + (1 - beta2) g^2   (amsgrad: its largest value so far divides)",
    "p <- p - lr mu / (1 - beta1^t) / (sqrt(nu / (1 - beta2^t)) + eps)",
  ],
  params: {
    lr: num(1e-3, "[0, inf)", "Step size; a schedule may drive it."),
    betas: nums([0.9, 0.999], "[0, 1)", "Decay of the first moment mu and the second, nu."),
    eps: num(1e-8, "[0, inf)", "Added to sqrt(nu), outside the root."),
    weightDecay: num(
      1e-2,
      "[0, inf)",
      "Decoupled: shrinks p by this times lr, as PyTorch; the paper omits lr. In adam it is an L2 penalty.",
    ),
    amsgrad: bool(false, "Divides by the largest second moment so far."),
  },
  state: ({ amsgrad }) => (amsgrad ? ["mu", "nu", "nuMax"] : ["mu", "nu"]),
  update: ({ p, g, mu, nu, nuMax, step }, { lr, betas: [b1, b2], eps, weightDecay, amsgrad }) => {
    mu = mix(g, mu, b1); // b1 mu + (1 - b1) g
    nu = mix(square(g), nu, b2);
    if (amsgrad) nuMax = max(nuMax, nu);
    const muHat = div(mu, oneMinusPow(b1, step)); // corrections in f64 on the host: in f32 they cancel
    const nuHat = div(amsgrad ? nuMax : nu, oneMinusPow(b2, step));
    const decayed = mul(p, oneMinus(mul(lr, weightDecay)));
    return { p: sub(decayed, mul(lr, div(muHat, add(sqrt(nuHat), eps)))), mu, nu, nuMax };
  },
});
