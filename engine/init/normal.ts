import { num } from "../params/index.ts";
import { defineInit } from "./definition.ts";
import { drawNormal } from "./draw.ts";

export const normal = defineInit({
  summary: "N(mean, std^2).",
  params: {
    mean: num(0, "(-inf, inf)", "Mean."),
    std: num(1, "[0, inf)", "Standard deviation."),
  },
  sample: (target, { mean, std }) => drawNormal(target, mean, std),
});
