import { div, mean, sum, type Tensor } from "../ops/index.ts";
import { choice } from "../params/index.ts";
import type { Terms } from "./definition.ts";

/** Option that all losses share. */
export const reduction = choice("mean", ["mean", "sum", "none"], "How the elements' losses become one number.");

export type Reduction = "mean" | "sum" | "none" | "batchmean";

/** The losses of the elements as one number, or as they are. */
export function reduced({ each, count }: Terms, how: Reduction): Tensor {
  if (how === "none") return each;
  if (how === "sum") return sum(each);
  return count === undefined ? mean(each) : div(sum(each), count);
}
