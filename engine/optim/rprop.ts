import { ConfigError } from "../errors/index.ts";
import { num, nums } from "../params/index.ts";
import { equal, less, max, min, mul, select, sign, sub } from "./algebra.ts";
import { defineOptimizer } from "./definition.ts";

export const rprop = defineOptimizer({
  summary: "A step size for each coordinate that grows while the gradient keeps its sign; for full batches.",
  paper: "Riedmiller & Braun 1993, IEEE ICNN, section III; as torch.optim.Rprop",
  rule: [
    "s = sign(g gBefore)   (0 at the first step)",
    "size <- clamp(size (s > 0: etas[1], s < 0: etas[0], else 1), stepSizes)   (from lr)",
    "g <- 0 where s < 0",
    "p <- p - sign(g) size,   gBefore <- g",
  ],
  params: {
    lr: num(1e-2, "[0, inf)", "Size of the first step in every coordinate; has no part in later ones."),
    etas: nums(
      [0.5, 1.2],
      "(0, inf)",
      "What a size is multiplied by when the gradient turns, below 1, or stays, above 1.",
    ),
    stepSizes: nums([1e-6, 50], "[0, inf)", "Smallest and largest size."),
  },
  validate: ({ etas: [shrink, grow], stepSizes: [smallest, largest] }, name) => {
    if (shrink >= 1 || grow <= 1) {
      throw new ConfigError(`${name}: etas = [${shrink}, ${grow}]: the first must be below 1, the second above`);
    }
    if (smallest > largest) {
      throw new ConfigError(`${name}: stepSizes = [${smallest}, ${largest}]: the smallest comes first`);
    }
  },
  state: ["before", "size"],
  update: ({ p, g, before, size, step }, { lr, etas: [shrink, grow], stepSizes: [smallest, largest] }) => {
    const turned = mul(sign(g), sign(before)); // a product of gradients could underflow
    const factor = select(less(0, turned), grow, select(less(turned, 0), shrink, 1));
    size = min(max(mul(select(equal(step, 1), lr, size), factor), smallest), largest);
    g = select(less(turned, 0), 0, g);
    return { p: sub(p, mul(sign(g), size)), before: g, size };
  },
});
