import { bool, num, nums } from "../params/index.ts";
import { add, div, max, mix, mul, oneMinusPow, sqrt, square, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const adam = defineOptimizer({
  summary: "Steps of nearly lr in every coordinate, by running averages of the gradient and of its square.",
  paper: "Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1; amsgrad: Reddi, Kale & Kumar 2018, arXiv:1904.09237",
  params: {
    lr: num(1e-3, "[0, inf)", "Step size; a schedule may drive it."),
    betas: nums([0.9, 0.999], "[0, 1)", "Decay of the first moment mu and the second, nu."),
    eps: num(1e-8, "[0, inf)", "Added to sqrt(nu), outside the root."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient; adamw keeps it out."),
    amsgrad: bool(false, "Divides by the largest second moment so far."),
  },
  state: ({ amsgrad }) => (amsgrad ? ["mu", "nu", "nuMax"] : ["mu", "nu"]),
  update: ({ p, g, mu, nu, nuMax, step }, { lr, betas: [b1, b2], eps, weightDecay, amsgrad }) => {
    g = add(g, mul(weightDecay, p));
    mu = mix(g, mu, b1);
    nu = mix(square(g), nu, b2);
    if (amsgrad) nuMax = max(nuMax, nu);
    const muHat = div(mu, oneMinusPow(b1, step)); // corrections in f64 on the host: in f32 they cancel
    const nuHat = div(amsgrad ? nuMax : nu, oneMinusPow(b2, step));
    return { p: sub(p, mul(lr, div(muHat, add(sqrt(nuHat), eps)))), mu, nu, nuMax };
  },
});
