import { column, descending, type Numbers } from "./numbers.ts";

/** Sums of the weights of positive and of other examples with a score of at least `threshold`, from the highest threshold down. */
interface Sweep {
  readonly thresholds: number[];
  readonly tp: number[];
  readonly fp: number[];
}

/** One point for each distinct score: examples of equal scores cannot be told apart. */
function sweep(y: Numbers, score: Numbers, weight?: Numbers): Sweep {
  const order = descending(score);
  const out: Sweep = { thresholds: [], tp: [], fp: [] };
  let [tp, fp] = [0, 0];
  for (const [k, i] of order.entries()) {
    const w = weight?.[i] ?? 1;
    if (y[i] === 1) tp += w;
    else fp += w;
    if (score[order[k + 1] as number] === score[i]) continue;
    out.thresholds.push(score[i] as number);
    out.tp.push(tp);
    out.fp.push(fp);
  }
  return out;
}

/** Points from the lowest threshold (recall 1) up, and the end (precision 1, recall 0), which has no threshold. */
export interface PrecisionRecall {
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly thresholds: readonly number[];
}

/** Precision and recall at every distinct score, `y` 1 for positive, as scikit-learn's precision_recall_curve. */
export function precisionRecallCurve(y: Numbers, score: Numbers, weight?: Numbers): PrecisionRecall {
  const { thresholds, tp, fp } = sweep(y, score, weight);
  const all = tp.at(-1) ?? 0;
  const precision = tp.map((t, i) => (t + (fp[i] as number) === 0 ? 0 : t / (t + (fp[i] as number))));
  const recall = tp.map((t) => (all === 0 ? 1 : t / all));
  return {
    precision: [...precision.reverse(), 1],
    recall: [...recall.reverse(), 0],
    thresholds: thresholds.reverse(),
  };
}

/** sum (R_n - R_{n-1}) P_n: steps, not trapezoids, which would flatter. */
export function averagePrecision(y: Numbers, score: Numbers, weight?: Numbers): number {
  const { precision, recall } = precisionRecallCurve(y, score, weight);
  let sum = 0;
  for (let i = 0; i + 1 < recall.length; i++) {
    sum += ((recall[i] as number) - (recall[i + 1] as number)) * (precision[i] as number);
  }
  return sum;
}

/** False and true positive rates from the highest threshold down; begins at (0, 0) with an infinite threshold. */
export interface Roc {
  readonly fpr: readonly number[];
  readonly tpr: readonly number[];
  readonly thresholds: readonly number[];
}

/**
 * Receiver operating characteristic, as scikit-learn's roc_curve. `dropIntermediate` leaves out points between two others on
 * one line. A rate of a class without examples is NaN.
 */
export function rocCurve(y: Numbers, score: Numbers, weight?: Numbers, dropIntermediate = false): Roc {
  const found = sweep(y, score, weight);
  const kept = found.tp
    .map((_, i) => i)
    .filter((i, _, all) => {
      if (!dropIntermediate || i === 0 || i === all.length - 1) return true;
      const bend = (v: number[]) => (v[i + 1] as number) - 2 * (v[i] as number) + (v[i - 1] as number);
      return bend(found.tp) !== 0 || bend(found.fp) !== 0;
    });
  const rates = (sums: readonly number[]) => {
    const all = sums.at(-1) ?? 0;
    return [0, ...kept.map((i) => sums[i] as number)].map((sum) => (all === 0 ? Number.NaN : sum / all));
  };
  return {
    fpr: rates(found.fp),
    tpr: rates(found.tp),
    thresholds: [Number.POSITIVE_INFINITY, ...kept.map((i) => found.thresholds[i] as number)],
  };
}

/** Area under points of rising x, by trapezoids. */
export function area(x: Numbers, y: Numbers): number {
  let sum = 0;
  for (let i = 1; i < x.length; i++) {
    sum += (((x[i] as number) - (x[i - 1] as number)) * ((y[i] as number) + (y[i - 1] as number))) / 2;
  }
  return sum;
}

/** Area under the ROC curve: how often a positive example has the higher score, ties counted half. */
export function rocAuc(y: Numbers, score: Numbers, weight?: Numbers): number {
  const { fpr, tpr } = rocCurve(y, score, weight);
  return area(fpr, tpr);
}

/** 1 where the label is `c`, else 0. */
export const isClass = (y: Numbers, c: number): Uint8Array => Uint8Array.from(y, (label) => Number(label === c));

/**
 * Areas of several classes: each against the rest ("ovr") or each pair both ways ("ovo", Hand & Till 2001), averaged alike or by the
 * examples of the classes. `probs` [N, C], row-major.
 */
export function multiclassAuc(
  y: Numbers,
  probs: Numbers,
  classes: number,
  how: { readonly against: "ovr" | "ovo"; readonly average: "macro" | "weighted" },
): number {
  const size = (c: number) => isClass(y, c).reduce((a, b) => a + b, 0);
  const parts: { value: number; weight: number }[] = [];
  for (let a = 0; a < classes; a++) {
    if (how.against === "ovr") {
      parts.push({ value: rocAuc(isClass(y, a), column(probs, classes, a)), weight: size(a) });
      continue;
    }
    for (let b = a + 1; b < classes; b++) {
      const rows = Array.from(y, (_, i) => i).filter((i) => y[i] === a || y[i] === b);
      const auc = (c: number) =>
        rocAuc(
          rows.map((i) => Number(y[i] === c)),
          rows.map((i) => probs[i * classes + c] as number),
        );
      parts.push({ value: (auc(a) + auc(b)) / 2, weight: size(a) + size(b) });
    }
  }
  const weight = (part: { weight: number }) => (how.average === "macro" ? 1 : part.weight);
  return parts.reduce((sum, p) => sum + p.value * weight(p), 0) / parts.reduce((sum, p) => sum + weight(p), 0);
}
