import { abs, add, and, greater, less, log, mul, neg, select, stopGradient, sub, type Tensor } from "../ops/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { labelTarget } from "./values.ts";
import { elementWeights, repeated } from "./weights.ts";

/** Least logarithm, as PyTorch has it, and the slope there. */
const LEAST = -100;
const STEEP = 1e12;

/**
 * output p in [0, 1] and target t of one shape: -(t log p + (1 - t) log(1 - p)), the logarithms not below -100. At p = 0 and 1 the
 * derivative is PyTorch's (p - t) / 1e-12.
 */
export const bce = defineLoss({
  summary: "Binary cross entropy of probabilities, for models that end in a sigmoid; bceWithLogits is more exact.",
  rule: ["l = -(y log p + (1 - y) log(1 - p))"],
  params: {
    weight: elementWeights("Weight of each label, or of each element of a batch."),
    reduction,
  },
  takes: ["label", "value"],
  gives: "probabilities",
  terms: ({ output: p, target }, { weight }) => {
    const t = labelTarget("bce", p, target);
    const inside = and(greater(p, 0), less(p, 1));
    const safe = select(inside, p, 0.5);
    const each = select(inside, crossed(t, logOf(safe), logOf(sub(1, safe))), atEnd(stopGradient(p), p, t));
    return { each: weight === null ? each : mul(each, repeated("bce", "weight", weight, p.shape)) };
  },
});

const crossed = (t: Tensor, yes: Tensor, no: Tensor): Tensor => neg(add(mul(t, yes), mul(sub(1, t), no)));

/** log p, held above the least. */
function logOf(p: Tensor): Tensor {
  const value = log(p);
  return select(less(value, LEAST), LEAST, value);
}

/** 100 |p - t| at p = 0 or 1, with PyTorch's slope in p. */
const atEnd = (at: Tensor, p: Tensor, t: Tensor): Tensor =>
  add(mul(abs(sub(at, t)), -LEAST), mul(mul(sub(p, at), sub(at, t)), STEEP));
