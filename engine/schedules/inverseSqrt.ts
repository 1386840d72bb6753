import { int, optional, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const inverseSqrt = defineSchedule({
  summary:
    "Up in a straight line for `warmup`, then as 1 / sqrt(t): Noam's. lr is the peak, or, given dModel, the factor of the paper's formula.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, equation 3",
  rule: [
    "n = t + 1",
    "lr_t = lr sqrt(warmup) min(1 / sqrt(n), n / warmup^1.5)",
    "     = lr / sqrt(dModel) min(1 / sqrt(n), n / warmup^1.5)   given dModel",
  ],
  params: {
    warmup: int(4000, "[1, inf)", "Length of the way up."),
    dModel: optional(int(required, "[1, inf)", "Width of the model: lr * dModel^-0.5 * min(n^-0.5, n warmup^-1.5).")),
    per: per("step"),
  },
  at: ({ warmup, dModel }, { t, baseLr }) => {
    const n = t + 1;
    const shape = Math.min(n ** -0.5, n * warmup ** -1.5);
    return baseLr * shape * (dModel === null ? Math.sqrt(warmup) : dModel ** -0.5);
  },
});
