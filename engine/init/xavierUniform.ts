import { num } from "../params/index.ts";
import { defineInit } from "./definition.ts";
import { drawUniform } from "./draw.ts";
import { fanMode, fanOf } from "./fan.ts";

export const xavierUniform = defineInit({
  summary: "U(-b, b) with b = gain sqrt(6 / (fanIn + fanOut)).",
  paper: "Glorot & Bengio 2010, AISTATS, equation 16",
  rule: ["w ~ U(-b, b),   b = gain sqrt(6 / (fanIn + fanOut))"],
  params: {
    gain: num(1, "(0, inf)", "Factor for the nonlinearity that follows; init.gain knows them."),
    mode: fanMode("fanAvg"),
  },
  sample: (target, { gain, mode }) => {
    const bound = gain * Math.sqrt(3 / fanOf(target, mode));
    return drawUniform(target, -bound, bound);
  },
});
