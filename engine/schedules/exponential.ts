import { num, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const exponential = defineSchedule({
  summary: "lr * gamma^t.",
  params: { gamma: num(required, "(0, inf)", "Factor of each step or epoch."), per: per("epoch") },
  at: ({ gamma }, { t, baseLr }) => baseLr * gamma ** t,
});
