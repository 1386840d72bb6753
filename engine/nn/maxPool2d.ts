import { max } from "../ops/index.ts";
import { perAxis } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { checkPadding, folded, pooled, poolingPadding, poolingParams } from "./pooling.ts";

/** [N, C, H, W] -> [N, C, H', W'], H' = floor((H + 2 * padding - dilation * (kh - 1) - 1) / stride) + 1. */
export const maxPool2d = defineLayer({
  summary: "The largest value of each window of an image. Padding counts as -Infinity.",
  params: {
    ...poolingParams(2),
    padding: poolingPadding(2),
    dilation: perAxis(2, 1, "[1, inf)", "Distance between neighbouring elements of a window."),
  },
  positional: "kernelSize",
  validate: (options) => checkPadding("maxPool2d", options),
  apply: (_scope, x, options) => max(pooled(x, options, -Infinity), folded(options)),
});
