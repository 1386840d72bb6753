import { checkTransposed, convolveTransposed, transposedParams } from "./convolutions.ts";
import { defineLayer } from "./definition.ts";

/**
 *   x [N, C, H, W], weight [C, O / groups, kh, kw], bias [O]  ->  [N, O, H', W']
 *   H' = (H - 1) * stride - 2 * padding + dilation * (kh - 1) + outputPadding + 1, and W' alike
 */
export const convTranspose2d = defineLayer({
  summary:
    "Every input lays a kernel down over an image, stride apart: the gradient of conv2d, which makes larger what that makes smaller.",
  paper: "Zeiler, Krishnan, Taylor & Fergus 2010, Deconvolutional Networks, CVPR",
  params: transposedParams(2),
  positional: "outChannels",
  validate: (options) => checkTransposed("convTranspose2d", options),
  apply: convolveTransposed,
});
