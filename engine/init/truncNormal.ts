import { ConfigError } from "../errors/index.ts";
import { num } from "../params/index.ts";
import { defineInit } from "./definition.ts";
import { drawTruncated } from "./truncated.ts";

export const truncNormal = defineInit({
  summary: "N(mean, std^2) cut off at low and high, which are values and not multiples of std; torch's a and b.",
  params: {
    mean: num(0, "(-inf, inf)", "Mean before the cut."),
    std: num(1, "(0, inf)", "Standard deviation before the cut: that of the values is smaller."),
    low: num(-2, "[-inf, inf]", "Smallest value."),
    high: num(2, "[-inf, inf]", "Largest value."),
  },
  sample: (target, { mean, std, low, high }) => {
    if (!(low < high)) throw new ConfigError(`truncNormal: low = ${low} is not below high = ${high}`);
    const values = drawTruncated(target, { mean, std, low, high });
    if (!values) throw new ConfigError(`truncNormal: N(${mean}, ${std}^2) has nothing between ${low} and ${high}`);
    return values;
  },
});
