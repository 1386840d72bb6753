import { defineLayer } from "./definition.ts";
import { averaged, averagingParams, checkPadding, poolingPadding, poolingParams } from "./pooling.ts";

/** [N, C, L] -> [N, C, L'], sizes as in maxPool1d with dilation 1. */
export const avgPool1d = defineLayer({
  summary: "The mean of each window of a sequence.",
  params: { ...poolingParams(1), padding: poolingPadding(1), ...averagingParams },
  positional: "kernelSize",
  validate: (options) => checkPadding("avgPool1d", options),
  apply: (_scope, x, options) => averaged(x, options),
});
