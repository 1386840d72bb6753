import { bool, num, nums } from "../params/index.ts";
import { add, div, equal, mix, mul, oneMinus, oneMinusPow, pow, select, sqrt, square, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const nadam = defineOptimizer({
  summary: "Adam that looks ahead as Nesterov's momentum does, with a momentum that warms up.",
  paper:
    "Dozat 2016, ICLR workshop, Algorithm 2; as torch.optim.NAdam since PyTorch 2.0 (1.13 counts one factor twice)",
  rule: [
    "g <- g + weightDecay p   (decoupledWeightDecay: p <- (1 - lr weightDecay) p)",
    "m(t) = beta1 (1 - 0.96^(t momentumDecay) / 2),   product <- product m(t)",
    "mu <- beta1 mu + (1 - beta1) g",
    "nu <- beta2 nu + (1 - beta2) g^2",
    "ahead = (1 - m(t)) g / (1 - product) + m(t + 1) mu / (1 - product m(t + 1))",
    "p <- p - lr ahead / (sqrt(nu / (1 - beta2^t)) + eps)",
  ],
  params: {
    lr: num(2e-3, "[0, inf)", "Step size; a schedule may drive it."),
    betas: nums([0.9, 0.999], "[0, 1)", "Decay of the first moment mu and the second, nu."),
    eps: num(1e-8, "[0, inf)", "Added to sqrt(nu), outside the root."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
    momentumDecay: num(4e-3, "[0, inf)", "How fast the momentum warms up from beta1 / 2 to beta1."),
    decoupledWeightDecay: bool(false, "Shrinks p by lr weightDecay instead, as adamw does; the moments never see it."),
  },
  /** `product` is that of the momenta so far: a tensor, because a schedule may drive beta1. */
  state: ["mu", "nu", "product"],
  update: ({ p, g, mu, nu, product, step }, { lr, betas: [b1, b2], eps, ...options }) => {
    const { weightDecay, momentumDecay, decoupledWeightDecay } = options;
    if (decoupledWeightDecay) p = mul(p, oneMinus(mul(lr, weightDecay)));
    else g = add(g, mul(weightDecay, p));
    const momentum = (t: typeof step) => mul(b1, oneMinus(mul(0.5, pow(0.96, mul(t, momentumDecay)))));
    const [now, next] = [momentum(step), momentum(add(step, 1))];
    product = mul(select(equal(step, 1), 1, product), now);
    mu = mix(g, mu, b1);
    nu = mix(square(g), nu, b2);
    const ahead = add(div(mul(oneMinus(now), g), oneMinus(product)), div(mul(next, mu), oneMinus(mul(product, next))));
    const along = div(ahead, add(sqrt(div(nu, oneMinusPow(b2, step))), eps));
    return { p: sub(p, mul(lr, along)), mu, nu, product };
  },
});
