import { add, mul, neg, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { atLeastZero, partsOf, signTarget } from "./values.ts";

/** output [N, 2, ...], two scores x1 and x2 side by side; target [N, ...] of 1 and -1, or classes 1 and 0: max(0, margin - y (x1 - x2)). */
export const marginRanking = defineLoss({
  summary: "How much the first of two scores falls short of the second plus margin; the other way round for y = -1.",
  rule: ["l = max(0, margin - y (x_1 - x_2))"],
  params: {
    margin: num(0, "(-inf, inf)", "How far apart the two scores have to be to cost nothing."),
    reduction,
  },
  takes: ["label", "value"],
  gives: "scores",
  terms: ({ output, target }, { margin }) => {
    const [first, second] = partsOf("marginRanking", output, ["first score", "second score"]) as [
      typeof output,
      typeof output,
    ];
    const y = signTarget("marginRanking", first, target);
    return { each: atLeastZero(add(neg(mul(y, sub(first, second))), margin)) };
  },
});
