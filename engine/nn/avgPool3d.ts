import { defineLayer } from "./definition.ts";
import { averaged, averagingParams, checkPadding, poolingPadding, poolingParams } from "./pooling.ts";

/** [N, C, D, H, W] -> [N, C, D', H', W'], sizes as in maxPool3d with dilation 1. */
export const avgPool3d = defineLayer({
  summary: "The mean of each window of a volume.",
  params: { ...poolingParams(3), padding: poolingPadding(3), ...averagingParams },
  positional: "kernelSize",
  validate: (options) => checkPadding("avgPool3d", options),
  apply: (_scope, x, options) => averaged(x, options),
});
