import { equal, select, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { atLeastZero, signTarget } from "./values.ts";

/** output x, a distance, target y of 1 and -1, or classes 1 and 0: x where y = 1, max(0, margin - x) where y = -1. */
export const hingeEmbedding = defineLoss({
  summary: "Distances of pairs that belong together, and how much closer than margin the others are.",
  rule: ["l = x                      for y = 1", "l = max(0, margin - x)     for y = -1"],
  params: {
    margin: num(1, "(-inf, inf)", "How far apart what does not belong together has to be to cost nothing."),
    reduction,
  },
  takes: ["label", "value"],
  gives: "values",
  terms: ({ output, target }, { margin }) => {
    const y = signTarget("hingeEmbedding", output, target);
    return { each: select(equal(y, 1), output, atLeastZero(sub(margin, output))) };
  },
});
