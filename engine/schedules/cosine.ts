import { int, num, optional, required } from "../params/index.ts";
import { defineSchedule, per } from "./definition.ts";

export const cosine = defineSchedule({
  summary: "Half a cosine from lr down to etaMin in tMax; as PyTorch's, it rises again after that.",
  paper: "Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5 without restarts",
  rule: ["lr_t = etaMin + (lr - etaMin) (1 + cos(pi t / tMax)) / 2"],
  params: {
    tMax: optional(int(required, "[1, inf)", "When etaMin is reached; the end of the run when not given.")),
    etaMin: num(0, "[0, inf)", "Lowest rate."),
    per: per("step"),
  },
  at: ({ tMax, etaMin }, { t, total, baseLr }) =>
    etaMin + ((baseLr - etaMin) * (1 + Math.cos((Math.PI * t) / (tMax ?? total)))) / 2,
});
