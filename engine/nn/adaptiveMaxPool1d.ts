import { adaptiveMaximum, adaptiveParams } from "./adaptivePooling.ts";
import { defineLayer } from "./definition.ts";

/** [N, C, L] -> [N, C, L'] with the sizes that are asked for. */
export const adaptiveMaxPool1d = defineLayer({
  summary:
    "The largest value of each of as many bins of a sequence as are asked for, whatever its size; 1 is global pooling.",
  params: adaptiveParams(1),
  positional: "outputSize",
  apply: (_scope, x, { outputSize }) => adaptiveMaximum(x, outputSize),
});
