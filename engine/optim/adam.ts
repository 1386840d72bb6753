import { bool, num, nums } from "../params/index.ts";
import { add, div, max, mix, mul, oneMinusPow, sqrt, square, sub, type Value } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const adam = defineOptimizer({
  summary: "Steps of nearly lr in every coordinate, by running averages of the gradient and of its square.",
  paper: "Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1; amsgrad: Reddi, Kale & Kumar 2018, arXiv:1904.09237",
  rule: [
    "g <- g + weightDecay p",
    "mu <- beta1 mu + (1 - beta1) g",
    "nu <- beta2 nu + (1 - beta2) g^2   (amsgrad: its largest value so far divides)",
    "p <- p - lr mu / (1 - beta1^t) / (sqrt(nu / (1 - beta2^t)) + eps)",
    "without biasCorrection: p <- p - lr mu / (sqrt(nu) + eps)",
  ],
  params: {
    lr: num(1e-3, "[0, inf)", "Step size; a schedule may drive it."),
    betas: nums([0.9, 0.999], "[0, 1)", "Decay of the first moment mu and the second, nu."),
    eps: num(1e-8, "[0, inf)", "Added to sqrt(nu), outside the root."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient; adamw keeps it out."),
    biasCorrection: bool(
      true,
      "Corrects for moments that start at 0; without it, and with betas[0] 0, it is rmsprop, and first steps are wrong.",
    ),
    amsgrad: bool(false, "Divides by the largest second moment so far."),
  },
  state: ({ amsgrad }) => (amsgrad ? ["mu", "nu", "nuMax"] : ["mu", "nu"]),
  update: ({ p, g, mu, nu, nuMax, step }, { lr, betas: [b1, b2], eps, ...options }) => {
    const { weightDecay, biasCorrection, amsgrad } = options;
    const corrected = (moment: Value, beta: Value): Value =>
      biasCorrection ? div(moment, oneMinusPow(beta, step)) : moment; // in f64 on the host: in f32 it cancels
    g = add(g, mul(weightDecay, p));
    mu = mix(g, mu, b1);
    nu = mix(square(g), nu, b2);
    if (amsgrad) nuMax = max(nuMax, nu);
    const along = div(corrected(mu, b1), add(sqrt(corrected(amsgrad ? nuMax : nu, b2)), eps));
    return { p: sub(p, mul(lr, along)), mu, nu, nuMax };
  },
});
