import { int, num, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const warmRestarts = defineSchedule({
  summary: "Half cosines from lr down to etaMin, the first t0 long, each next one tMult times the last.",
  paper: "Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5",
  rule: [
    "lr_t = etaMin + (lr - etaMin) (1 + cos(pi u / T)) / 2",
    "u steps since the last restart, T = t0, t0 tMult, t0 tMult^2, ...",
  ],
  params: {
    t0: int(required, "[1, inf)", "Length of the first cycle."),
    tMult: int(1, "[1, inf)", "Growth of the cycles."),
    etaMin: num(0, "[0, inf)", "Lowest rate."),
    per: per("step"),
  },
  at: ({ t0, tMult, etaMin }, { t, baseLr }) => {
    let length = t0;
    let within = t;
    if (tMult === 1) within = t % t0;
    for (; within >= length; length *= tMult) within -= length;
    return etaMin + ((baseLr - etaMin) * (1 + Math.cos((Math.PI * within) / length))) / 2;
  },
});
