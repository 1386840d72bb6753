import { checkConvolution, convolutionParams, convolve } from "./convolutions.ts";
import { defineLayer } from "./definition.ts";

/**
 *   x [N, C, H, W], weight [O, C / groups, kh, kw], bias [O]  ->  [N, O, H', W']
 *   H' = floor((H + 2 * padding - dilation * (kh - 1) - 1) / stride) + 1, and W' alike
 */
export const conv2d = defineLayer({
  summary: "Small kernels slide over an image: 2-D cross-correlation, zero padded.",
  params: convolutionParams(2, ["same", "valid"]),
  positional: "outChannels",
  validate: (options) => checkConvolution("conv2d", options),
  apply: convolve,
});
