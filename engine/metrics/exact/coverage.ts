import { descending, type Numbers, tops } from "./numbers.ts";

/**
 * A model that answers only when it is sure, max probability >= threshold: the share of examples it answers and its accuracy on
 * them (NaN when it answers none). `probs` [N, classes], row-major.
 */
export function coverageAt(
  y: Numbers,
  probs: Numbers,
  classes: number,
  thresholds: Numbers,
): { coverage: number[]; accuracy: number[] } {
  const { place, value } = tops(probs, classes);
  const rows = Array.from(thresholds, (t) => {
    const answered = Array.from(value, (_, i) => i).filter((i) => (value[i] as number) >= t);
    const right = answered.filter((i) => place[i] === y[i]).length;
    return { coverage: answered.length / y.length, accuracy: right / answered.length };
  });
  return { coverage: rows.map((r) => r.coverage), accuracy: rows.map((r) => r.accuracy) };
}

/** Error rate among the i + 1 surest examples, for every i; equally sure ones in their order. El-Yaniv & Wiener 2010. */
export function riskCoverage(y: Numbers, probs: Numbers, classes: number): Float64Array {
  const { place, value } = tops(probs, classes);
  let wrong = 0;
  return Float64Array.from(descending(value), (i, n) => {
    if (place[i] !== y[i]) wrong += 1;
    return wrong / (n + 1);
  });
}
