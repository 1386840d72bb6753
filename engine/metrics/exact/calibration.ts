import { type Numbers, quantile } from "./numbers.ts";

/** One bin of a reliability diagram; bins without examples are left out. */
export interface Bin {
  /** Ends of the bin. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean of the predicted probabilities. */
  readonly predicted: number;
  /** Share of examples where what was predicted is true. */
  readonly observed: number;
}

/**
 * Predicted probabilities against what came true (1) or not (0): the bins of scikit-learn's calibration_curve, closed on the
 * right, of equal width over [0, 1] ("uniform") or of equal counts ("quantile").
 */
export function calibrationBins(
  came: Numbers,
  probability: Numbers,
  { bins = 10, strategy = "uniform" }: { bins?: number; strategy?: "uniform" | "quantile" } = {},
): Bin[] {
  const sorted = Float64Array.from(probability).sort();
  const edges = Array.from({ length: bins + 1 }, (_, i) =>
    strategy === "uniform" ? i / bins : quantile(sorted, i / bins),
  );
  const sums = Array.from({ length: bins }, () => ({ count: 0, predicted: 0, observed: 0 }));
  const inner = edges.slice(1, -1);
  for (let i = 0; i < came.length; i++) {
    const p = probability[i] as number;
    const sum = sums[inner.filter((edge) => edge < p).length] as (typeof sums)[number];
    sum.count += 1;
    sum.predicted += p;
    sum.observed += came[i] as number;
  }
  return sums.flatMap(({ count, predicted, observed }, i) =>
    count === 0
      ? []
      : [
          {
            from: edges[i] as number,
            to: edges[i + 1] as number,
            count,
            predicted: predicted / count,
            observed: observed / count,
          },
        ],
  );
}

/**
 * Expected and maximum calibration error of a diagram: the gaps |observed - predicted|, their mean weighted by counts and the
 * largest. `over` is the mean of predicted - observed: positive for a model that is surer than it should be.
 * Guo et al. 2017, arXiv:1706.04599, section 2.
 */
export function calibrationError(bins: readonly Bin[]): { expected: number; maximum: number; over: number } {
  const all = bins.reduce((n, b) => n + b.count, 0);
  const gap = (b: Bin) => Math.abs(b.observed - b.predicted);
  return {
    expected: bins.reduce((sum, b) => sum + (gap(b) * b.count) / all, 0),
    maximum: Math.max(0, ...bins.map(gap)),
    over: bins.reduce((sum, b) => sum + ((b.predicted - b.observed) * b.count) / all, 0),
  };
}
