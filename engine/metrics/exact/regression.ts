import type { Numbers } from "./numbers.ts";

/** Errors of predicted values, as scikit-learn's functions of these names, for one column. */
export interface RegressionFigures {
  readonly mse: number;
  readonly rmse: number;
  readonly mae: number;
  readonly medianAe: number;
  readonly maxError: number;
  /** Coefficient of determination, 1 - sum (y - p)^2 / sum (y - mean)^2: 0 for the mean, 1 at best. */
  readonly r2: number;
  /** As r2 after the mean error is taken away. */
  readonly explainedVariance: number;
  /** Mean |error| / max(|y|, 2^-52). */
  readonly mape: number;
  /** Mean squared difference of ln(1 + value); NaN below -1. */
  readonly msle: number;
  /** Pearson's correlation. */
  readonly correlation: number;
  /** Mean of predicted - y. */
  readonly bias: number;
}

/** A constant target: 1 when it was met, 0 when not. */
const explained = (left: number, all: number): number => (all === 0 ? Number(left === 0) : 1 - left / all);

export function regressionFigures(y: Numbers, predicted: Numbers, weight?: Numbers): RegressionFigures {
  const n = y.length;
  const w = Float64Array.from({ length: n }, (_, i) => weight?.[i] ?? 1);
  const weights = w.reduce((a, b) => a + b, 0);
  const mean = (of: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (w[i] as number) * of(i);
    return sum / weights;
  };
  const [truth, said] = [(i: number) => y[i] as number, (i: number) => predicted[i] as number];
  const error = (i: number) => truth(i) - said(i);
  const [meanY, meanP, bias] = [mean(truth), mean(said), mean(error)];
  const mse = mean((i) => error(i) ** 2);
  const varY = mean((i) => (truth(i) - meanY) ** 2);
  const varP = mean((i) => (said(i) - meanP) ** 2);
  const sizes = Float64Array.from({ length: n }, (_, i) => Math.abs(error(i)));
  return {
    mse,
    rmse: Math.sqrt(mse),
    mae: mean((i) => sizes[i] as number),
    medianAe: weightedMedian(sizes, w, weights),
    maxError: sizes.reduce((a, b) => Math.max(a, b), 0),
    r2: explained(mse, varY),
    explainedVariance: explained(
      mean((i) => (error(i) - bias) ** 2),
      varY,
    ),
    mape: mean((i) => (sizes[i] as number) / Math.max(Math.abs(truth(i)), 2 ** -52)),
    msle: mean((i) => (Math.log1p(truth(i)) - Math.log1p(said(i))) ** 2),
    correlation: mean((i) => (truth(i) - meanY) * (said(i) - meanP)) / Math.sqrt(varY * varP),
    bias: -bias,
  };
}

/** The middle of equal weights; with unequal ones the first value that half of the weight does not exceed. */
function weightedMedian(values: Float64Array, w: Float64Array, all: number): number {
  const order = Array.from(values, (_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
  const middle = order.length >> 1;
  if (w.every((x) => x === w[0])) {
    const upper = values[order[middle] as number] as number;
    return order.length % 2 ? upper : (upper + (values[order[middle - 1] as number] as number)) / 2;
  }
  let sum = 0;
  const at = order.find((i) => {
    sum += w[i] as number;
    return sum >= all / 2;
  });
  return values[at ?? 0] as number;
}
