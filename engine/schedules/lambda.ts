import { func, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const lambda = defineSchedule({
  summary: "lr times a function of your own: `schedule.lambda((t) => (t + 1) ** -0.5)`.",
  rule: ["lr_t = lr factor(t)"],
  params: {
    factor: func<(t: number, total: number) => number>(
      required,
      "(t, total) => number",
      "Multiplies lr at t of total.",
    ),
    per: per("step"),
  },
  positional: "factor",
  at: ({ factor }, { t, total, baseLr }) => baseLr * factor(t, total),
});
