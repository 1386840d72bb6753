import { fMeasure } from "./binary.ts";
import { averagePrecision } from "./curves.ts";
import { column, type Numbers } from "./numbers.ts";

export type LabelAverage = "micro" | "macro" | "weighted" | "samples";

interface Counts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** y and predicted [N, labels] of 0 and 1, row-major: counts over the places that `own` takes. */
function counts(y: Numbers, predicted: Numbers, own: (i: number) => boolean): Counts {
  const out = { tp: 0, fp: 0, fn: 0 };
  for (let i = 0; i < y.length; i++) {
    if (!own(i)) continue;
    if (y[i] === 1 && predicted[i] === 1) out.tp += 1;
    else if (predicted[i] === 1) out.fp += 1;
    else if (y[i] === 1) out.fn += 1;
  }
  return out;
}

function figures({ tp, fp, fn }: Counts, zeroDivision: number) {
  const share = (whole: number) => (whole === 0 ? zeroDivision : tp / whole);
  const [precision, recall] = [share(tp + fp), share(tp + fn)];
  return { precision, recall, f1: fMeasure(precision, recall), jaccard: share(tp + fp + fn), support: tp + fn };
}

export type LabelFigures = ReturnType<typeof figures>;

/** Each label on its own. */
export const perLabel = (y: Numbers, predicted: Numbers, labels: number, zeroDivision = 0): LabelFigures[] =>
  Array.from({ length: labels }, (_, c) =>
    figures(
      counts(y, predicted, (i) => i % labels === c),
      zeroDivision,
    ),
  );

/** Figures over all decisions ("micro"), their mean over labels, that weighted by examples, or their mean over examples. */
export function labelAverage(
  y: Numbers,
  predicted: Numbers,
  labels: number,
  how: LabelAverage,
  zeroDivision = 0,
): Omit<LabelFigures, "support"> {
  if (how === "micro")
    return figures(
      counts(y, predicted, () => true),
      zeroDivision,
    );
  const parts =
    how === "samples"
      ? Array.from({ length: y.length / labels }, (_, n) =>
          figures(
            counts(
              Array.from({ length: labels }, (_, c) => y[n * labels + c] as number),
              Array.from({ length: labels }, (_, c) => predicted[n * labels + c] as number),
              () => true,
            ),
            zeroDivision,
          ),
        )
      : perLabel(y, predicted, labels, zeroDivision);
  const weights = parts.map((p) => (how === "weighted" ? p.support : 1));
  const mean = (key: keyof LabelFigures) =>
    total(parts.map((p, i) => p[key] * (weights[i] as number))) / total(weights);
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1"), jaccard: mean("jaccard") };
}

/** Share of examples with every label right. */
export function exactMatch(y: Numbers, predicted: Numbers, labels: number): number {
  let right = 0;
  for (let n = 0; n < y.length; n += labels) {
    let all = true;
    for (let c = 0; c < labels; c++) all &&= y[n + c] === predicted[n + c];
    if (all) right += 1;
  }
  return right / (y.length / labels);
}

/** Share of decisions that are wrong. */
export function hammingLoss(y: Numbers, predicted: Numbers): number {
  let wrong = 0;
  for (let i = 0; i < y.length; i++) if (y[i] !== predicted[i]) wrong += 1;
  return wrong / y.length;
}

/** Average precision of each label, or of all decisions together. */
export function labelAveragePrecision(y: Numbers, score: Numbers, labels: number): { each: number[]; micro: number } {
  const each = Array.from({ length: labels }, (_, c) =>
    averagePrecision(column(y, labels, c), column(score, labels, c)),
  );
  return { each, micro: averagePrecision(y, score) };
}

/** Mean over examples and their labels of: among labels ranked as high or higher, the share that is right. Ties share the worse rank. */
export function rankingAveragePrecision(y: Numbers, score: Numbers, labels: number): number {
  let sum = 0;
  const examples = y.length / labels;
  for (let n = 0; n < y.length; n += labels) {
    const own = Array.from({ length: labels }, (_, c) => c).filter((c) => y[n + c] === 1);
    if (own.length === 0 || own.length === labels) {
      sum += 1;
      continue;
    }
    const above = (c: number, among: readonly number[]) =>
      among.filter((d) => (score[n + d] as number) >= (score[n + c] as number)).length;
    const all = Array.from({ length: labels }, (_, c) => c);
    sum += total(own.map((c) => above(c, own) / above(c, all))) / own.length;
  }
  return sum / examples;
}

/** How far down the ranking one has to go to find all labels of an example, on average; 0 for one without labels. */
export function coverageError(y: Numbers, score: Numbers, labels: number): number {
  let sum = 0;
  for (let n = 0; n < y.length; n += labels) {
    const all = Array.from({ length: labels }, (_, c) => score[n + c] as number);
    const least = Math.min(...all.filter((_, c) => y[n + c] === 1));
    if (Number.isFinite(least)) sum += all.filter((s) => s >= least).length;
  }
  return sum / (y.length / labels);
}

/** Share of the pairs of a right and a wrong label that are ranked the wrong way round or alike; 0 where there is no pair. */
export function rankingLoss(y: Numbers, score: Numbers, labels: number): number {
  let sum = 0;
  for (let n = 0; n < y.length; n += labels) {
    const of = (value: number) =>
      Array.from({ length: labels }, (_, c) => c).flatMap((c) => (y[n + c] === value ? [score[n + c] as number] : []));
    const [right, wrong] = [of(1), of(0)];
    if (right.length === 0 || wrong.length === 0) continue;
    sum += right.reduce((k, r) => k + wrong.filter((w) => w >= r).length, 0) / (right.length * wrong.length);
  }
  return sum / (y.length / labels);
}
