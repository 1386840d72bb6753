import { add, broadcastTo, cast, div, equal, iota, mul, reshape, sigmoid, softmax, sub, sum } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { sameShape } from "../tensor/index.ts";
import { classAxis, classTarget } from "./classes.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { labelTarget } from "./values.ts";

/**
 * output x, plain scores. With targets t of the output's shape, p = sigmoid(x); with class numbers, p = softmax(x) along the classes
 * and t one-hot. Over all of an example's elements:  1 - (2 sum p t + smooth) / (sum p + sum t + smooth)
 */
export const dice = defineLoss({
  summary: "1 - Sørensen-Dice overlap of the predicted and the true area of each example, for segmentation.",
  paper: "Milletari, Navab & Ahmadi 2016, arXiv:1606.04797, section 3",
  rule: ["l = 1 - (2 sum p y + smooth) / (sum p + sum y + smooth)"],
  params: {
    smooth: num(1, "[0, inf)", "Added above and below, so that an example without positives has a value."),
    dim: classAxis,
    reduction,
  },
  takes: ["label", "class", "value"],
  gives: "scores",
  terms: ({ output: x, target }, { smooth, dim }) => {
    const numbers = target.dtype !== "f32" && !sameShape(x.shape, target.shape) && x.rank > 1 && x.shape.at(-1) !== 1;
    const found = numbers ? classTarget("dice", x, target, dim) : undefined;
    const p = found ? softmax(x, found.axis) : sigmoid(x);
    const row = found && reshape(found.classes, x.shape.with(found.axis, 1));
    const t =
      found && row
        ? cast(equal(iota(x.shape, found.axis), broadcastTo(row, x.shape)), "f32")
        : labelTarget("dice", x, target);
    const rest = x.shape.map((_, axis) => axis).slice(1);
    const total = (v: typeof x) => sum(v, rest);
    const overlap = div(add(mul(total(mul(p, t)), 2), smooth), add(add(total(p), total(t)), smooth));
    return { each: sub(1, overlap) };
  },
});
