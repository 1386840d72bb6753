import { checkConvolution, convolutionParams, convolve } from "./convolutions.ts";
import { defineLayer } from "./definition.ts";

/**
 *   x [N, C, D, H, W], weight [O, C / groups, kd, kh, kw], bias [O]  ->  [N, O, D', H', W']
 *   D' = floor((D + 2 * padding - dilation * (kd - 1) - 1) / stride) + 1, and H', W' alike
 */
export const conv3d = defineLayer({
  summary: "Small kernels slide over a volume: 3-D cross-correlation, zero padded.",
  params: convolutionParams(3, ["same", "valid"]),
  positional: "outChannels",
  validate: (options) => checkConvolution("conv3d", options),
  apply: convolve,
});
