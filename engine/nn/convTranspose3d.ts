import { checkTransposed, convolveTransposed, transposedParams } from "./convolutions.ts";
import { defineLayer } from "./definition.ts";

/**
 *   x [N, C, D, H, W], weight [C, O / groups, kd, kh, kw], bias [O]  ->  [N, O, D', H', W']
 *   D' = (D - 1) * stride - 2 * padding + dilation * (kd - 1) + outputPadding + 1, and H', W' alike
 */
export const convTranspose3d = defineLayer({
  summary:
    "Every input lays a kernel down over a volume, stride apart: the gradient of conv3d, which makes larger what that makes smaller.",
  paper: "Zeiler, Krishnan, Taylor & Fergus 2010, Deconvolutional Networks, CVPR",
  params: transposedParams(3),
  positional: "outChannels",
  validate: (options) => checkTransposed("convTranspose3d", options),
  apply: convolveTransposed,
});
