import { axisOfClasses, classAxis, classTarget, labelTarget } from "../losses/index.ts";
import {
  and,
  argmax,
  broadcastTo,
  cast,
  equal,
  exp,
  greater,
  iota,
  lessEqual,
  max,
  mul,
  or,
  reshape,
  sigmoid,
  softmax,
  sub,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { int } from "../params/index.ts";
import { isLabels } from "./decisions.ts";
import { defineMetric, type Scored } from "./definition.ts";

/**
 * Bins of equal width, closed on the right, of the probability of what was said: the likeliest class, or yes or no. The mean over bins,
 * weighted by their examples, of |share that is right - mean probability|.
 */
export const ece = defineMetric({
  summary: "Expected calibration error: how far probabilities are from how often they come true.",
  paper: "Guo, Pleiss, Sun & Weinberger 2017, arXiv:1706.04599, section 2",
  params: { bins: int(10, "[1, 1000]", "Bins of probability."), dim: classAxis },
  better: "lower",
  batch: (scored, { bins, dim }) => {
    const { probability, right } = said(scored, dim);
    const shape = [probability.size, bins];
    const rows = (t: Tensor) => broadcastTo(reshape(t, [probability.size, 1]), shape);
    const bin = iota(shape, 1);
    const edge = cast(bin, "f32");
    const p = rows(probability);
    const inside = cast(
      and(
        or(greater(p, mul(edge, 1 / bins)), equal(bin, 0)),
        or(lessEqual(p, mul(edge.add(1), 1 / bins)), equal(bin, bins - 1)),
      ),
      "f32",
    );
    return {
      count: sum(inside, 0),
      predicted: sum(mul(inside, p), 0),
      right: sum(mul(inside, rows(right)), 0),
    };
  },
  value: ({ count = new Float64Array(), predicted, right }) => {
    const gaps = Array.from(count, (_, b) => Math.abs((right?.[b] as number) - (predicted?.[b] as number)));
    return gaps.reduce((a, b) => a + b, 0) / count.reduce((a, b) => a + b, 0);
  },
});

/** Probability of what was said, and 1 where it is right. */
function said(scored: Scored, dim: number | null): { probability: Tensor; right: Tensor } {
  const { output, target, gives } = scored;
  if (isLabels(scored)) {
    const yes = gives === "probabilities" ? output : sigmoid(output);
    const is = greater(yes, 0.5);
    const truth = greater(labelTarget("ece", output, target), 0.5);
    const right = equal(cast(is, "i32"), cast(truth, "i32"));
    const sure = cast(is, "f32");
    return {
      probability: sure.mul(yes).add(mul(sub(1, sure), sub(1, yes))),
      right: cast(right, "f32"),
    };
  }
  const { classes } = classTarget("ece", output, target, dim);
  const axis = axisOfClasses("ece", output.shape, target.shape, dim);
  const probs = gives === "probabilities" ? output : gives === "logProbabilities" ? exp(output) : softmax(output, axis);
  return { probability: max(probs, axis), right: cast(equal(argmax(output, axis), classes), "f32") };
}
