import { int, num } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const polynomial = defineSchedule({
  summary: "lr * (1 - t / totalIters)^power, then 0.",
  params: {
    totalIters: int(5, "[1, inf)", "When lr reaches 0."),
    power: num(1, "[0, inf)", "1 is a straight line."),
    per: per("epoch"),
  },
  at: ({ totalIters, power }, { t, baseLr }) => baseLr * (1 - Math.min(t, totalIters) / totalIters) ** power,
});
