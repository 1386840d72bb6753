import { add, div, equal, mul, select, sqrt, square, sub, sum } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { atLeastZero, partsOf, signTarget } from "./values.ts";

/** Added to the squared lengths, as PyTorch does. */
const EPS = 1e-12;

/** output [N, 2, D], two vectors side by side; target [N] of 1 and -1, or classes 1 and 0: 1 - cos where y = 1, max(0, cos - margin) where y = -1. */
export const cosineEmbedding = defineLoss({
  summary: "Draws the directions of pairs that belong together to one, and the others apart.",
  rule: ["l = 1 - cos(a, b)                      for y = 1", "l = max(0, cos(a, b) - margin)         for y = -1"],
  params: {
    margin: num(0, "[-1, 1]", "Cosine up to which pairs that do not belong together cost nothing."),
    reduction,
  },
  takes: ["label", "value"],
  gives: "embeddings",
  terms: ({ output, target }, { margin }) => {
    const [a, b] = partsOf("cosineEmbedding", output, ["first vector", "second vector"]) as [
      typeof output,
      typeof output,
    ];
    const squared = (v: typeof output) => add(sum(square(v), -1), EPS);
    const cosine = div(sum(mul(a, b), -1), sqrt(mul(squared(a), squared(b))));
    const y = signTarget("cosineEmbedding", cosine, target);
    return { each: select(equal(y, 1), sub(1, cosine), atLeastZero(sub(cosine, margin))) };
  },
});
