import { max } from "../ops/index.ts";
import { pair } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { checkPadding, pooled, poolingParams } from "./pooling.ts";

/** [N, C, H, W] -> [N, C, H', W'], H' = floor((H + 2 * padding - dilation * (kh - 1) - 1) / stride) + 1. */
export const maxPool2d = defineLayer({
  summary: "The largest value of each window. Padding counts as -Infinity.",
  params: { ...poolingParams, dilation: pair(1, "[1, inf)", "Distance between neighbouring elements of a window.") },
  positional: "kernelSize",
  validate: (options) => checkPadding("maxPool2d", options),
  apply: (_scope, x, options) => max(pooled(x, options, -Infinity), [-2, -1]),
});
