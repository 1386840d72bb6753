import { max } from "../ops/index.ts";
import { perAxis } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { checkPadding, folded, pooled, poolingPadding, poolingParams } from "./pooling.ts";

/** [N, C, L] -> [N, C, L'], L' = floor((L + 2 * padding - dilation * (k - 1) - 1) / stride) + 1. */
export const maxPool1d = defineLayer({
  summary: "The largest value of each window of a sequence. Padding counts as -Infinity.",
  params: {
    ...poolingParams(1),
    padding: poolingPadding(1),
    dilation: perAxis(1, 1, "[1, inf)", "Distance between neighbouring elements of a window."),
  },
  positional: "kernelSize",
  validate: (options) => checkPadding("maxPool1d", options),
  apply: (_scope, x, options) => max(pooled(x, options, -Infinity), folded(options)),
});
