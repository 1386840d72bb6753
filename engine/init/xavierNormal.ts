import { num } from "../params/index.ts";
import { defineInit } from "./definition.ts";
import { drawNormal } from "./draw.ts";
import { fanMode, fanOf } from "./fan.ts";

export const xavierNormal = defineInit({
  summary:
    "N(0, 2 gain^2 / (fanIn + fanOut)): a compromise between the forward and the backward signal. By fanIn it is randn sqrt(1/n).",
  paper: "Glorot & Bengio 2010, AISTATS, equation 12",
  rule: ["w ~ N(0, std^2),   std = gain sqrt(2 / (fanIn + fanOut))"],
  params: {
    gain: num(1, "(0, inf)", "Factor for the nonlinearity that follows; init.gain knows them."),
    mode: fanMode("fanAvg"),
  },
  sample: (target, { gain, mode }) => drawNormal(target, 0, gain / Math.sqrt(fanOf(target, mode))),
});
