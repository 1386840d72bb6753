import { checkTransposed, convolveTransposed, transposedParams } from "./convolutions.ts";
import { defineLayer } from "./definition.ts";

/**
 *   x [N, C, L], weight [C, O / groups, k], bias [O]  ->  [N, O, L']
 *   L' = (L - 1) * stride - 2 * padding + dilation * (k - 1) + outputPadding + 1
 */
export const convTranspose1d = defineLayer({
  summary:
    "Every input lays a kernel down over a sequence, stride apart: the gradient of conv1d, which makes larger what that makes smaller.",
  paper: "Zeiler, Krishnan, Taylor & Fergus 2010, Deconvolutional Networks, CVPR",
  params: transposedParams(1),
  positional: "outChannels",
  validate: (options) => checkTransposed("convTranspose1d", options),
  apply: convolveTransposed,
});
