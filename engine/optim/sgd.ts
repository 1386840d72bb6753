import { ConfigError } from "../errors/index.ts";
import { bool, num } from "../params/index.ts";
import { add, equal, mul, oneMinus, select, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const sgd = defineOptimizer({
  summary: "Stochastic gradient descent, with momentum in PyTorch's form: lr stands outside the velocity.",
  paper: "Sutskever, Martens, Dahl & Hinton 2013, ICML, section 2; as torch.optim.SGD",
  params: {
    lr: num(1e-3, "[0, inf)", "Step size; a schedule may drive it."),
    momentum: num(0, "[0, 1)", "What remains of the velocity v after a step."),
    dampening: num(0, "[0, 1]", "Takes this part away from a new gradient, except at the first step."),
    nesterov: bool(false, "Steps along g + momentum v: the gradient looks ahead."),
    weightDecay: num(0, "[0, inf)", "L2 penalty: this times p is added to the gradient."),
  },
  validate: ({ nesterov, momentum, dampening }) => {
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new ConfigError("sgd: nesterov takes momentum above 0 and dampening 0");
    }
  },
  state: ({ momentum }) => (momentum === 0 ? [] : ["v"]),
  update: ({ p, g, v, step }, { lr, momentum, dampening, weightDecay }, plain) => {
    g = add(g, mul(weightDecay, p));
    if (plain.momentum === 0) return { p: sub(p, mul(lr, g)) };
    v = add(mul(momentum, v), mul(select(equal(step, 1), 1, oneMinus(dampening)), g));
    const along = plain.nesterov ? add(g, mul(momentum, v)) : v;
    return { p: sub(p, mul(lr, along)), v };
  },
});
