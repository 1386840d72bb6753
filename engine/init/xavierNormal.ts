import { num } from "../params/index.ts";
import { defineInit } from "./definition.ts";
import { drawNormal } from "./draw.ts";

export const xavierNormal = defineInit({
  summary: "N(0, 2 gain^2 / (fanIn + fanOut)): a compromise between the forward and the backward signal.",
  paper: "Glorot & Bengio 2010, AISTATS, equation 12",
  params: { gain: num(1, "(0, inf)", "Factor for the nonlinearity that follows; init.gain knows them.") },
  sample: (target, { gain }) => drawNormal(target, 0, gain * Math.sqrt(2 / (target.fanIn + target.fanOut))),
});
