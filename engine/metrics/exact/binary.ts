import type { Numbers } from "./numbers.ts";

/** How often the two classes were told right and wrong; sums of weights when examples have some. */
export interface BinaryCounts {
  readonly tn: number;
  readonly fp: number;
  readonly fn: number;
  readonly tp: number;
}

/** Counts of the rule "positive when score >= threshold". `y` is 1 for positive examples, 0 for the others. */
export function binaryCounts(y: Numbers, score: Numbers, threshold: number, weight?: Numbers): BinaryCounts {
  const counts = { tn: 0, fp: 0, fn: 0, tp: 0 };
  for (let i = 0; i < y.length; i++) {
    const positive = (score[i] as number) >= threshold;
    const key = positive ? (y[i] === 1 ? "tp" : "fp") : y[i] === 1 ? "fn" : "tn";
    counts[key] += weight?.[i] ?? 1;
  }
  return counts;
}

/**
 * What counts come to, as scikit-learn says it. A precision, recall or specificity without a denominator is
 * `zeroDivision`; the correlation (Matthews 1975) is 0 then, kappa (Cohen 1960) NaN when chance alone explains everything.
 */
export function binaryFigures({ tn, fp, fn, tp }: BinaryCounts, zeroDivision = 0) {
  const all = tn + fp + fn + tp;
  const share = (part: number, whole: number) => (whole === 0 ? zeroDivision : part / whole);
  const precision = share(tp, tp + fp);
  const recall = share(tp, tp + fn);
  const recalls = [tp / (tp + fn), tn / (tn + fp)].filter((r) => !Number.isNaN(r));
  const spread = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  const chance = ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / (all * all);
  return {
    precision,
    recall,
    specificity: share(tn, tn + fp),
    accuracy: (tp + tn) / all,
    balancedAccuracy: recalls.reduce((a, b) => a + b, 0) / recalls.length,
    mcc: spread === 0 ? 0 : (tp * tn - fp * fn) / spread,
    kappa: ((tp + tn) / all - chance) / (1 - chance),
    jaccard: share(tp, tp + fp + fn),
  };
}

/** F-measure: (1 + beta^2) precision recall / (beta^2 precision + recall); 0 where both are. van Rijsbergen 1979. */
export function fMeasure(precision: number, recall: number, beta = 1): number {
  const below = beta * beta * precision + recall;
  return below === 0 ? 0 : ((1 + beta * beta) * precision * recall) / below;
}

/**
 * A cheap model that passes on what it takes for positive, and a second one that looks at that alone: precision and recall of
 * the first stage and of both, and the share of examples that the second has to look at.
 */
export function cascade(y: Numbers, scores: readonly [Numbers, Numbers], thresholds: readonly [number, number]) {
  const passed = Float64Array.from(scores[0], (s) => Number(s >= thresholds[0]));
  const both = passed.map((p, i) => Number(p === 1 && (scores[1][i] as number) >= thresholds[1]));
  return {
    first: binaryFigures(binaryCounts(y, passed, 1)),
    both: binaryFigures(binaryCounts(y, both, 1)),
    secondShare: passed.reduce((a, b) => a + b, 0) / y.length,
  };
}
