import { int, num, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const step = defineSchedule({
  summary: "Multiplies lr by gamma every stepSize.",
  rule: ["lr_t = lr gamma^floor(t / stepSize)"],
  params: {
    stepSize: int(required, "[1, inf)", "Between two drops."),
    gamma: num(0.1, "[0, inf)", "Factor of a drop."),
    per: per("epoch"),
  },
  at: ({ stepSize, gamma }, { t, baseLr }) => baseLr * gamma ** Math.floor(t / stepSize),
});
