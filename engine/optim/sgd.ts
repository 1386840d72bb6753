import { ConfigError } from "../errors/index.ts";
import { bool, choice, num } from "../params/index.ts";
import { add, equal, mul, oneMinus, select, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const sgd = defineOptimizer({
  summary: "Stochastic gradient descent, with momentum in PyTorch's form or the classical one, and Nesterov's.",
  paper: "Sutskever, Martens, Dahl & Hinton 2013, ICML, section 2; as torch.optim.SGD",
  rule: [
    "g <- g + weightDecay p",
    "v <- momentum v + (1 - dampening) g   (v = g at the first step)",
    "p <- p - lr v                         (nesterov: p <- p - lr (g + momentum v))",
    "classic: v <- momentum v - lr (1 - dampening) g,   p <- p + v   (nesterov: p <- p + momentum v - lr g)",
  ],
  params: {
    lr: num(1e-3, "[0, inf)", "Step size; a schedule may drive it."),
    momentum: num(0, "[0, 1)", "What remains of the velocity v after a step."),
    dampening: num(0, "[0, 1]", "Takes this part away from a new gradient, except at the first step."),
    nesterov: bool(false, "Steps along g + momentum v: the gradient looks ahead."),
    form: choice(
      "pytorch",
      ["pytorch", "classic"],
      "Whether lr stands outside the velocity, as in PyTorch, or inside: the same while lr is constant, but after a change the classical velocity keeps steps of the old size.",
    ),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
  },
  validate: ({ nesterov, momentum, dampening }, name) => {
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ConfigError(`${name}: nesterov takes momentum above 0 and dampening 0`);
    }
  },
  state: ({ momentum }) => (momentum === 0 ? [] : ["v"]),
  update: ({ p, g, v, step }, { lr, momentum, dampening, form, weightDecay }, plain) => {
    g = add(g, mul(weightDecay, p));
    if (plain.momentum === 0) return { p: sub(p, mul(lr, g)) };
    const fresh = mul(select(equal(step, 1), 1, oneMinus(dampening)), g);
    if (form === "classic") {
      v = sub(mul(momentum, v), mul(lr, fresh));
      return { p: plain.nesterov ? sub(add(p, mul(momentum, v)), mul(lr, g)) : add(p, v), v };
    }
    v = add(mul(momentum, v), fresh);
    const along = plain.nesterov ? add(g, mul(momentum, v)) : v;
    return { p: sub(p, mul(lr, along)), v };
  },
});
