import { ConfigError } from "../errors/index.ts";
import { num } from "../params/index.ts";
import { defineInit } from "./definition.ts";
import { drawUniform } from "./draw.ts";

export const uniform = defineInit({
  summary: "U(low, high); torch calls them a and b.",
  params: {
    low: num(0, "(-inf, inf)", "Smallest value."),
    high: num(1, "(-inf, inf)", "Upper bound."),
  },
  sample: (target, { low, high }) => {
    if (low > high) throw new ConfigError(`uniform: low = ${low} is above high = ${high}`);
    return drawUniform(target, low, high);
  },
});
