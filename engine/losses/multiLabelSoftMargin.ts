import { add, logOnePlusExp, mean, mul, neg, sub } from "../ops/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { labelTarget } from "./values.ts";
import { elementWeights, repeated } from "./weights.ts";

/** output x [N, C], target t [N, C] of 0 and 1: the mean over labels of w (t log(1 + e^-x) + (1 - t) log(1 + e^x)), one number per example. */
export const multiLabelSoftMargin = defineLoss({
  summary: "Binary cross entropy of sigmoid(output), averaged over the labels of each example.",
  rule: ["l = -sum_c (y log sigmoid(x) + (1 - y) log sigmoid(-x)) / classes"],
  params: { weight: elementWeights("Weight of each label."), reduction },
  takes: ["label", "value"],
  gives: "scores",
  terms: ({ output: x, target }, { weight }) => {
    const t = labelTarget("multiLabelSoftMargin", x, target);
    const each = add(mul(t, logOnePlusExp(neg(x))), mul(sub(1, t), logOnePlusExp(x)));
    const weighted = weight === null ? each : mul(each, repeated("multiLabelSoftMargin", "weight", weight, x.shape));
    return { each: mean(weighted, -1) };
  },
});
