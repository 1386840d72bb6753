import { abs, add, pow, sqrt, square, sub, sum, type Tensor } from "../ops/index.ts";

/** PyTorch's pairwise_distance along the last axis: (sum |a - b + eps|^p)^(1 / p). */
export function distance(a: Tensor, b: Tensor, p: number, eps: number): Tensor {
  const difference = add(sub(a, b), eps);
  if (p === 2) return sqrt(sum(square(difference), -1));
  if (p === 1) return sum(abs(difference), -1);
  return pow(sum(pow(abs(difference), p), -1), 1 / p);
}
