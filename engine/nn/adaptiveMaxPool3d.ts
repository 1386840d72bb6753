import { adaptiveMaximum, adaptiveParams } from "./adaptivePooling.ts";
import { defineLayer } from "./definition.ts";

/** [N, C, D, H, W] -> [N, C, D', H', W'] with the sizes that are asked for. */
export const adaptiveMaxPool3d = defineLayer({
  summary:
    "The largest value of each of as many bins of a volume as are asked for, whatever its size; 1 is global pooling.",
  params: adaptiveParams(3),
  positional: "outputSize",
  apply: (_scope, x, { outputSize }) => adaptiveMaximum(x, outputSize),
});
