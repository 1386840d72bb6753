import { add, div, maximum, mul, sqrt, square, stopGradient, sub } from "./arithmetic.ts";
import { norm, sum } from "./reductions.ts";
import { named } from "./said.ts";
import type { Tensor } from "./tensor.ts";

/**
 * sum(a b) / (max(|a|, eps) max(|b|, eps)) along `dim`; a and b broadcast. Where eps is larger than |a| the gradient still takes
 * |a| for what divides, as PyTorch's does: d max(|a|, eps) / da = a / max(|a|, eps).
 */
export const cosineSimilarity = named(
  "cosineSimilarity",
  function cosineSimilarity(a: Tensor, b: Tensor, { dim = 1, eps = 1e-8 } = {}): Tensor {
    const length = (x: Tensor): Tensor => {
      const squares = sum(square(x), dim, { keepdims: true });
      return sqrt(add(squares, stopGradient(maximum(sub(eps ** 2, squares), 0))));
    };
    return sum(mul(div(a, length(a)), div(b, length(b))), dim);
  },
);

/** The p-norm of a - b + eps along the last axis, as PyTorch's; p may be Infinity. */
export const pairwiseDistance = named(
  "pairwiseDistance",
  function pairwiseDistance(a: Tensor, b: Tensor, { p = 2, eps = 1e-6, keepdim = false } = {}): Tensor {
    return norm(add(sub(a, b), eps), p, -1, { keepdims: keepdim });
  },
);
