import { mul, Tensor } from "../../../../engine/ops/index.ts";
import { type Optimizer, optim } from "../../../../engine/optim/index.ts";
import { Unsupported } from "../../case.ts";
import type { Node, Operators } from "./node.ts";

/**
 * Operators of training take the rate R, the count of updates T before this one, and several parameters X with gradients G and state, each
 * kind after the other; they give X, then each state. The rate and the count are numbers known beforehand, as in training here.
 */
const update =
  (states: readonly string[], make: (node: Node, lr: number, step: number) => Optimizer) =>
  (node: Node): Tensor[] => {
    const [lr = 0, step = 1] = [node.numbers(0)?.[0], (node.numbers(1)?.[0] ?? 0) + 1];
    const { definition, options } = make(node, lr, step);
    const several = (node.count - 2) / (2 + states.length);
    const nexts = Array.from({ length: several }, (_, i) => {
      const input = (kind: number) => node.x(2 + kind * several + i);
      const state = Object.fromEntries(states.map((name, k) => [name, input(2 + k)]));
      const next: Readonly<Record<string, unknown>> = definition.update(
        { p: input(0), g: input(1), step, ...state },
        options as Parameters<typeof definition.update>[1],
        options,
      );
      return ["p", ...states].map((name) => tensor(next[name]));
    });
    return ["p", ...states].flatMap((_, kind) => nexts.map((next) => next[kind] as Tensor));
  };

function tensor(value: unknown): Tensor {
  if (value instanceof Tensor) return value;
  throw new Unsupported("an update that is no tensor");
}

export const optimizers: Operators = {
  Adagrad: update(["sum"], (node, lr) =>
    optim.adagrad({
      lr,
      lrDecay: node.attribute("decay_factor", 0),
      eps: node.attribute("epsilon", 1e-6),
      weightDecay: node.attribute("norm_coefficient", 0),
    }),
  ),
  // epsilon stands before the correction of the second moment, and the first update has no corrections
  Adam: (node) => {
    const [b1, b2] = [node.attribute("alpha", 0.9), node.attribute("beta", 0.999)];
    const after = node.attribute("norm_coefficient_post", 0);
    const results = update(["mu", "nu"], (_, lr, step) => {
      const corrected = (b: number) => 1 - b ** step;
      const updates = step - 1;
      const wanted = updates > 0 ? Math.sqrt(1 - b2 ** updates) / (1 - b1 ** updates) : 1;
      const ours = Math.sqrt(corrected(b2)) / corrected(b1);
      return optim.adam({
        lr: (lr * wanted) / ours,
        betas: [b1, b2],
        eps: node.attribute("epsilon", 1e-6) / Math.sqrt(corrected(b2)),
        weightDecay: node.attribute("norm_coefficient", 0),
      });
    })(node);
    return results.map((x, i) => (i < results.length / 3 ? mul(x, 1 - after) : x));
  },
  Momentum: update(["v"], (node, lr) =>
    optim.sgd({
      lr,
      momentum: node.attribute("alpha", 0),
      dampening: 1 - node.attribute("beta", 1),
      nesterov: node.attribute<string>("mode", "standard") === "nesterov",
      weightDecay: node.attribute("norm_coefficient", 0),
    }),
  ),
};
