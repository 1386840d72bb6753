import { div, mean, sum, type Tensor } from "../ops/index.ts";
import { choice } from "../params/index.ts";

/** Option that all losses share. */
export const reduction = choice("mean", ["mean", "sum", "none"], "How the elements' losses become one number.");

type Reduction = "mean" | "sum" | "none";

/** The mean or sum of x, or x itself. `weight`: the mean divides by its sum instead of by the number of elements. */
export function reduced(x: Tensor, how: Reduction, weight?: Tensor): Tensor {
  if (how === "none") return x;
  if (how === "sum") return sum(x);
  return weight ? div(sum(x), sum(weight)) : mean(x);
}
