import type { Numbers } from "./numbers.ts";

/** Smallest probability that a logarithm is taken of, as scikit-learn for float64. */
const EPSILON = 2 ** -52;

/** Mean of -ln p(true class). `probs` [N, classes] row-major; rows are brought to sum 1 after they were cut to [eps, 1 - eps]. */
export function logLoss(y: Numbers, probs: Numbers, classes: number, weight?: Numbers): number {
  let [sum, weights] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const cut = Array.from({ length: classes }, (_, c) =>
      Math.min(1 - EPSILON, Math.max(EPSILON, probs[i * classes + c] as number)),
    );
    const w = weight?.[i] ?? 1;
    sum -= w * Math.log((cut[y[i] as number] as number) / cut.reduce((a, b) => a + b, 0));
    weights += w;
  }
  return sum / weights;
}

/** [1 - p, p] for every probability of class 1. */
export const bothClasses = (score: Numbers): Float64Array =>
  Float64Array.from({ length: 2 * score.length }, (_, i) => {
    const p = score[i >> 1] as number;
    return i % 2 ? p : 1 - p;
  });

/** Mean squared distance of a probability from what came (0 or 1). Brier 1950. */
export function brier(y: Numbers, score: Numbers, weight?: Numbers): number {
  let [sum, weights] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    const w = weight?.[i] ?? 1;
    sum += w * ((y[i] as number) - (score[i] as number)) ** 2;
    weights += w;
  }
  return sum / weights;
}
