import { num } from "../params/index.ts";
import { add, div, mix, mul, sqrt, square, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const adadelta = defineOptimizer({
  summary: "Scales the gradient by the ratio of running root mean squares of past steps and gradients.",
  paper: "Zeiler 2012, arXiv:1212.5701, Algorithm 1",
  rule: [
    "g <- g + weightDecay p",
    "nu <- rho nu + (1 - rho) g^2",
    "along = g sqrt(delta + eps) / sqrt(nu + eps)",
    "delta <- rho delta + (1 - rho) along^2",
    "p <- p - lr along",
  ],
  params: {
    lr: num(1, "[0, inf)", "Multiplies the step; the paper has 1."),
    rho: num(0.9, "[0, 1)", "Decay of both averages."),
    eps: num(1e-6, "(0, inf)", "Added inside both roots; sets the size of the first steps."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
  },
  state: ["nu", "delta"],
  update: ({ p, g, nu, delta }, { lr, rho, eps, weightDecay }) => {
    g = add(g, mul(weightDecay, p));
    nu = mix(square(g), nu, rho);
    const along = mul(div(sqrt(add(delta, eps)), sqrt(add(nu, eps))), g);
    return { p: sub(p, mul(lr, along)), nu, delta: mix(square(along), delta, rho) };
  },
});
