import { classAxis, classTarget, labelTarget, type Prediction } from "../losses/index.ts";
import {
  and,
  argmax,
  broadcastTo,
  cast,
  constant,
  equal,
  greater,
  iota,
  not,
  reshape,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { int, num, optional, required } from "../params/index.ts";
import type { Scored } from "./definition.ts";

/** Options of metrics that ask whether the right class, or the right labels, were said. */
export const decisionParams = {
  dim: classAxis,
  threshold: optional(
    num(
      required,
      "(-inf, inf)",
      "Output above which it says yes, where one says yes or no; 0 for scores and 0.5 for probabilities when not given.",
    ),
  ),
  ignoreIndex: optional(int(0, "(-inf, inf)", "Class number whose examples do not count.")),
};

export interface DecisionOptions {
  readonly dim: number | null;
  readonly threshold: number | null;
  readonly ignoreIndex: number | null;
}

/** What was said and what is true, one row per decision: [M, K] of 0 and 1, one class of K or any labels of K; and which rows count. */
export interface Decisions {
  readonly kind: "classes" | "labels";
  readonly said: Tensor;
  readonly truth: Tensor;
  /** [M] of 0 and 1. */
  readonly counted: Tensor;
}

/** Whether outputs say yes or no, each for itself: labels of the output's shape, or one score per example. */
export const isLabels = ({ output, target }: Prediction): boolean =>
  target.dtype === "f32" || output.rank < 2 || (output.shape.at(-1) === 1 && output.size === target.size);

/** Throws ShapeError when target does not fit output. */
export function decisionsOf(where: string, scored: Scored, options: DecisionOptions): Decisions {
  const { output, target, gives } = scored;
  if (isLabels(scored)) {
    const truth = labelTarget(where, output, target);
    const least = options.threshold ?? (gives === "probabilities" ? 0.5 : 0);
    const labels = output.rank < 2 ? 1 : (output.shape.at(-1) as number);
    const flat = [output.size / labels, labels];
    const counted =
      options.ignoreIndex === null || target.dtype === "f32"
        ? constant(1, [flat[0] as number])
        : cast(not(equal(reshape(cast(target, "i32"), [target.size]), options.ignoreIndex)), "f32");
    return {
      kind: "labels",
      said: reshape(cast(greater(output, least), "f32"), flat),
      truth: reshape(cast(greater(truth, 0.5), "f32"), flat),
      counted,
    };
  }
  const { classes, axis } = classTarget(where, output, target, options.dim);
  const shape = [classes.size, output.shape[axis] as number];
  const hot = (numbers: Tensor) =>
    cast(equal(iota(shape, 1), broadcastTo(reshape(numbers, [classes.size, 1]), shape)), "f32");
  const counted =
    options.ignoreIndex === null
      ? constant(1, [classes.size])
      : cast(not(equal(reshape(classes, [classes.size]), options.ignoreIndex)), "f32");
  return { kind: "classes", said: hot(argmax(output, axis)), truth: hot(classes), counted };
}

/**
 * How often each class or label was said rightly (`hit`), was said, and is true, each [K], and of how many decisions (`all`). Whole numbers,
 * exact in f32 for a batch. `single` is 1 where each label stands for itself.
 */
export function countsOf(where: string, scored: Scored, options: DecisionOptions): Record<string, Tensor> {
  const { said, truth, counted, kind } = decisionsOf(where, scored, options);
  const rows = broadcastTo(reshape(counted, [counted.size, 1]), said.shape);
  const both = cast(and(greater(said, 0), greater(truth, 0)), "f32");
  return {
    hit: sum(both.mul(rows), 0),
    said: sum(said.mul(rows), 0),
    truth: sum(truth.mul(rows), 0),
    all: sum(counted),
    labels: constant(kind === "labels" ? counted.size : 0),
  };
}
