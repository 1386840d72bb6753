import { add, broadcastTo, equal, gather, iota, mul, relu, reshape, select, square, sub, sum } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { classTarget, settleWeight, weightOf } from "./classes.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { classWeights, vector } from "./weights.ts";

/** output x [N, C], target y [N] class numbers: sum over i != y of w[y] max(0, margin - x[y] + x[i])^p / C. */
export const multiMargin = defineLoss({
  summary: "How far every wrong class comes within margin of the right one: the hinge loss of several classes.",
  paper: "Weston & Watkins 1999, Support vector machines for multi-class pattern recognition",
  rule: ["l = sum_c max(0, margin - x_y + x_c)^p / classes,   c other than y"],
  params: {
    p: num(1, "[1, 2]", "1, or 2 for squares."),
    margin: num(1, "(-inf, inf)", "How far above the others the right class has to be to cost nothing."),
    weight: classWeights,
    reduction,
  },
  takes: ["class"],
  gives: "scores",
  settle: settleWeight("multiMargin"),
  terms: ({ output: x, target }, { p, margin, weight: given }) => {
    const { classes: y, axis } = classTarget("multiMargin", x, target, -1);
    const classes = x.shape[axis] as number;
    const isTarget = equal(iota(x.shape, axis), broadcastTo(reshape(y, [...y.shape, 1]), x.shape));
    const own = sum(select(isTarget, x, 0), axis, { keepdims: true });
    const short = relu(add(sub(x, own), margin));
    const each = mul(sum(select(isTarget, 0, p === 1 ? short : square(short)), axis), 1 / classes);
    const weight = weightOf("multiMargin", given, classes);
    return { each: weight ? mul(each, gather(vector(weight), y)) : each };
  },
});
