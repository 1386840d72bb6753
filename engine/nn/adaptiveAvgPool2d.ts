import { adaptiveAverage, adaptiveParams } from "./adaptivePooling.ts";
import { defineLayer } from "./definition.ts";

/** [N, C, H, W] -> [N, C, H', W'] with the sizes that are asked for. */
export const adaptiveAvgPool2d = defineLayer({
  summary: "The mean of each of as many bins of an image as are asked for, whatever its size; 1 is global pooling.",
  params: adaptiveParams(2),
  positional: "outputSize",
  apply: (_scope, x, { outputSize }) => adaptiveAverage(x, outputSize),
});
