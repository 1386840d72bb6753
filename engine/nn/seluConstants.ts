/** The fixed point of mean 0 and variance 1. Klambauer et al. 2017, arXiv:1706.02515, section 2. */
export const SELU_ALPHA = 1.6732632423543772;
export const SELU_SCALE = 1.0507009873554805;
