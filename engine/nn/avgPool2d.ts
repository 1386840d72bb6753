import { defineLayer } from "./definition.ts";
import { averaged, averagingParams, checkPadding, poolingPadding, poolingParams } from "./pooling.ts";

/** [N, C, H, W] -> [N, C, H', W'], sizes as in maxPool2d with dilation 1. */
export const avgPool2d = defineLayer({
  summary: "The mean of each window of an image.",
  params: { ...poolingParams(2), padding: poolingPadding(2), ...averagingParams },
  positional: "kernelSize",
  validate: (options) => checkPadding("avgPool2d", options),
  apply: (_scope, x, options) => averaged(x, options),
});
