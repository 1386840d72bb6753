import { int, num } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const polynomial = defineSchedule({
  summary: "lr * (1 - t / totalIters)^power, then 0.",
  rule: ["lr_t = lr (1 - min(t, totalIters) / totalIters)^power"],
  params: {
    totalIters: int(5, "[0, inf)", "When lr reaches 0; with 0 it never falls, as PyTorch's."),
    power: num(1, "[0, inf)", "1 is a straight line."),
    per: per("epoch"),
  },
  at: ({ totalIters, power }, { t, baseLr }) =>
    totalIters === 0 ? baseLr : baseLr * (1 - Math.min(t, totalIters) / totalIters) ** power,
});
