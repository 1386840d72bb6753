import { bool, num, nums } from "../params/index.ts";
import { add, div, less, mix, mul, oneMinus, oneMinusPow, pow, select, sqrt, square, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const radam = defineOptimizer({
  summary: "Adam that takes plain momentum steps until its second moment can be trusted.",
  paper: "Liu et al. 2020, arXiv:1908.03265, Algorithm 2; as torch.optim.RAdam",
  rule: [
    "g <- g + weightDecay p   (decoupledWeightDecay: p <- (1 - lr weightDecay) p)",
    "mu <- beta1 mu + (1 - beta1) g",
    "nu <- beta2 nu + (1 - beta2) g^2",
    "n = 2 / (1 - beta2) - 1,   length = n - 2 t beta2^t / (1 - beta2^t)",
    "r = sqrt((length - 4) (length - 2) n / ((n - 4) (n - 2) length))",
    "length > 5:  p <- p - lr mu / (1 - beta1^t) r sqrt(1 - beta2^t) / (sqrt(nu) + eps)",
    "else:        p <- p - lr mu / (1 - beta1^t)",
  ],
  params: {
    lr: num(1e-3, "[0, inf)", "Step size; a schedule may drive it."),
    betas: nums([0.9, 0.999], "[0, 1)", "Decay of the first moment mu and the second, nu."),
    eps: num(1e-8, "[0, inf)", "Added to sqrt(nu) before it is corrected."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
    decoupledWeightDecay: bool(false, "Shrinks p by lr weightDecay instead, as adamw does; the moments never see it."),
  },
  state: ["mu", "nu"],
  update: ({ p, g, mu, nu, step }, { lr, betas: [b1, b2], eps, weightDecay, decoupledWeightDecay }) => {
    if (decoupledWeightDecay) p = mul(p, oneMinus(mul(lr, weightDecay)));
    else g = add(g, mul(weightDecay, p));
    mu = mix(g, mu, b1);
    nu = mix(square(g), nu, b2);
    const longest = sub(div(2, oneMinus(b2)), 1);
    const correction = oneMinusPow(b2, step);
    const length = sub(longest, div(mul(mul(2, step), pow(b2, step)), correction));
    const above = mul(mul(sub(length, 4), sub(length, 2)), longest);
    const below = mul(mul(sub(longest, 4), sub(longest, 2)), length);
    const trusted = less(5, length);
    const adaptive = select(trusted, sqrt(div(mul(above, correction), below)), 0);
    const scale = add(div(adaptive, add(sqrt(nu), eps)), select(trusted, 0, 1));
    return { p: sub(p, mul(div(lr, oneMinusPow(b1, step)), mul(mu, scale))), mu, nu };
  },
});
