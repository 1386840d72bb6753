import { add, logOnePlusExp, mul, neg, pow, sigmoid, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { labelTarget } from "./values.ts";

/**
 * output x, plain scores, target t in [0, 1] of one shape, or class numbers [N] for scores [N, K], each class a yes or no of its
 * own. With p = sigmoid(x) and p_t = p t + (1 - p)(1 - t), as torchvision's sigmoid_focal_loss:
 *
 *   (alpha t + (1 - alpha)(1 - t)) (1 - p_t)^gamma * binary cross entropy
 *
 * torchvision's reduction is "none" unless told; here it is "mean".
 */
export const focal = defineLoss({
  summary: "Binary cross entropy in which examples that are right already count less, for rare positives.",
  paper: "Lin, Goyal, Girshick, He & Dollár 2017, arXiv:1708.02002, equation 5",
  rule: ["p_t = sigmoid(x) for y = 1, 1 - sigmoid(x) for y = 0", "l = -alpha_t (1 - p_t)^gamma log p_t"],
  params: {
    alpha: num(0.25, "[-1, 1]", "Weight of positive examples, 1 - alpha that of the others; below 0 none is weighted."),
    gamma: num(2, "[0, inf)", "How much less a right example counts; 0 is the cross entropy."),
    reduction,
  },
  takes: ["label", "class", "value"],
  gives: "scores",
  terms: ({ output: x, target }, { alpha, gamma }) => {
    const t = labelTarget("focal", x, target);
    const not = sub(1, t);
    const entropy = add(mul(t, logOnePlusExp(neg(x))), mul(not, logOnePlusExp(x)));
    const wrong = add(mul(t, sigmoid(neg(x))), mul(not, sigmoid(x))); // 1 - p_t, exact near 0
    const each = mul(entropy, pow(wrong, gamma));
    return { each: alpha < 0 ? each : mul(each, add(mul(t, alpha), mul(not, 1 - alpha))) };
  },
});
