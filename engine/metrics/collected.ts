import { ConfigError } from "../errors/index.ts";
import { axisOfClasses, classAxis, labelTarget } from "../losses/index.ts";
import { cast, constant, moveAxis, reshape, type Tensor } from "../ops/index.ts";
import { choice, int, optional, required } from "../params/index.ts";
import { isLabels } from "./decisions.ts";
import { one, type Scored, type Sums } from "./definition.ts";
import { column, isClass } from "./exact/index.ts";

/** Options of figures of rankings, of which every class has one. */
export const rankingParams = {
  average: choice("macro", ["macro", "weighted"], "The mean over classes, or that by how often each occurs."),
  class: optional(int(required, "[0, inf)", "One class or label alone, by its number.")),
  dim: classAxis,
};

interface RankingOptions {
  readonly average: "macro" | "weighted";
  readonly class: number | null;
}

/** All scores of a batch beside what is true, to be ranked when the whole set is there. */
export function collected(where: string, scored: Scored, dim: number | null): Record<string, Tensor> {
  const { output, target, gives } = scored;
  if (isLabels(scored)) {
    const truth = labelTarget(where, output, target);
    const width = output.rank < 2 ? 1 : (output.shape.at(-1) as number);
    return {
      scores: reshape(output, [output.size]),
      truth: reshape(truth, [truth.size]),
      ...about(width, true, false),
    };
  }
  const axis = axisOfClasses(where, output.shape, target.shape, dim);
  const classes = output.shape[axis] as number;
  const rows = reshape(moveAxis(output, axis, output.rank - 1), [output.size]);
  return {
    scores: rows,
    truth: cast(reshape(target, [target.size]), "f32"),
    ...about(classes, false, gives === "scores"),
  };
}

const about = (width: number, labels: boolean, plain: boolean): Record<string, Tensor> => ({
  width: constant(width),
  labels: constant(Number(labels)),
  plain: constant(Number(plain)),
});

/** The mean over classes of a figure of one class's labels (1 or 0) and scores; of two classes the second alone says all. */
export function ranked(
  where: string,
  sums: Sums,
  { average, class: only }: RankingOptions,
  figure: (y: ArrayLike<number>, score: ArrayLike<number>) => number,
): number {
  const { scores = new Float64Array(), truth = new Float64Array() } = sums;
  // every batch says the same of these
  const [width, labels, plain] = [one(sums, "width"), one(sums, "labels") === 1, one(sums, "plain") === 1];
  if (only !== null && only >= width) {
    throw new ConfigError(`${where}: class = ${only}, and there are ${width}, counted from 0`);
  }
  const probs = plain ? softmaxRows(scores, width) : scores;
  const each = (k: number) => {
    const y: ArrayLike<number> = labels ? column(truth, width, k) : isClass(truth, k);
    return { value: figure(y, column(probs, width, k)), count: Array.from(y).reduce((a, b) => a + b, 0) };
  };
  if (only !== null) return each(only).value;
  if (width === 2 && !labels) return each(1).value;
  const all = Array.from({ length: width }, (_, k) => each(k)).filter(({ value }) => !Number.isNaN(value));
  const weight = (count: number) => (average === "macro" ? 1 : count);
  return (
    all.reduce((sum, { value, count }) => sum + value * weight(count), 0) /
    all.reduce((sum, { count }) => sum + weight(count), 0)
  );
}

function softmaxRows(scores: Float64Array, width: number): Float64Array {
  const out = new Float64Array(scores.length);
  for (let from = 0; from < scores.length; from += width) {
    const row = scores.subarray(from, from + width);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const total = row.reduce((sum, x) => sum + Math.exp(x - most), 0);
    for (let k = 0; k < width; k++) out[from + k] = Math.exp((row[k] as number) - most) / total;
  }
  return out;
}
