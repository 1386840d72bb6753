import { max } from "../ops/index.ts";
import { perAxis } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { checkPadding, folded, pooled, poolingPadding, poolingParams } from "./pooling.ts";

/** [N, C, D, H, W] -> [N, C, D', H', W'], D' = floor((D + 2 * padding - dilation * (kd - 1) - 1) / stride) + 1. */
export const maxPool3d = defineLayer({
  summary: "The largest value of each window of a volume. Padding counts as -Infinity.",
  params: {
    ...poolingParams(3),
    padding: poolingPadding(3),
    dilation: perAxis(3, 1, "[1, inf)", "Distance between neighbouring elements of a window."),
  },
  positional: "kernelSize",
  validate: (options) => checkPadding("maxPool3d", options),
  apply: (_scope, x, options) => max(pooled(x, options, -Infinity), folded(options)),
});
