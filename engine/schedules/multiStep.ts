import { ints, num, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const multiStep = defineSchedule({
  summary: "Multiplies lr by gamma at each milestone.",
  rule: ["lr_t = lr gamma^k,   k milestones are at t or before"],
  params: {
    milestones: ints(required, "[0, inf)", "When lr drops."),
    gamma: num(0.1, "[0, inf)", "Factor of a drop."),
    per: per("epoch"),
  },
  at: ({ milestones, gamma }, { t, baseLr }) => baseLr * gamma ** milestones.filter((m) => m <= t).length,
});
