import { defineInit } from "./definition.ts";
import { drawNormal } from "./draw.ts";
import { kaimingParams, kaimingStd } from "./kaiming.ts";

export const kaimingNormal = defineInit({
  summary: "N(0, gain^2 / fan): keeps the scale of the signal through relu layers.",
  paper: "He, Zhang, Ren & Sun 2015, arXiv:1502.01852, equation 10",
  rule: ["w ~ N(0, std^2),   std = gain / sqrt(fan)"],
  params: kaimingParams,
  sample: (target, options) => drawNormal(target, 0, kaimingStd(target, options)),
});
