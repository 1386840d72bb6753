import { defineInit } from "./definition.ts";
import { drawNormal } from "./draw.ts";

export const lecunNormal = defineInit({
  summary: "N(0, 1 / fanIn): keeps the variance of the signal through linear layers, and through selu ones.",
  paper: "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.6; Klambauer et al. 2017, arXiv:1706.02515",
  rule: ["w ~ N(0, std^2),   std = sqrt(1 / fanIn)"],
  params: {},
  sample: (target) => drawNormal(target, 0, Math.sqrt(1 / target.fanIn)),
});
