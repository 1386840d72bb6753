import { checkConvolution, convolutionParams, convolve } from "./convolutions.ts";
import { defineLayer } from "./definition.ts";

/**
 *   x [N, C, L], weight [O, C / groups, k], bias [O]  ->  [N, O, L']
 *   L' = floor((L + 2 * padding - dilation * (k - 1) - 1) / stride) + 1
 */
export const conv1d = defineLayer({
  summary: "Small kernels slide over a sequence: 1-D cross-correlation, zero padded.",
  paper: "causal: van den Oord et al. 2016, arXiv:1609.03499, section 2.1",
  params: convolutionParams(1, ["same", "valid", "causal"]),
  positional: "outChannels",
  validate: (options) => checkConvolution("conv1d", options),
  apply: convolve,
});
