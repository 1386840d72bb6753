import { words } from "../random/index.ts";
import type { Target } from "./definition.ts";

/** N(mean, std^2) between low and high; undefined where it has nothing there. */
export function drawTruncated(
  { size, seed, stream }: Target,
  { mean, std, low, high }: { mean: number; std: number; low: number; high: number },
): Float32Array | undefined {
  const from = normalBelow((low - mean) / std);
  const to = normalBelow((high - mean) / std);
  if (!(from < to)) return undefined;
  const values = new Float32Array(size);
  for (const [i, word] of words(seed, stream, 0, size).entries()) {
    const z = normalQuantile(from + (to - from) * (word + 0.5) * 2 ** -32);
    values[i] = Math.min(high, Math.max(low, mean + std * z));
  }
  return values;
}

/** Probability that a standard normal number is below x. Marsaglia 2004, "Evaluating the normal distribution". */
export function normalBelow(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let i = 3; sum + term !== sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

/** The x below which a standard normal number is with probability p. Acklam 2003; relative error below 1.2e-9. */
export function normalQuantile(p: number): number {
  const tail = 0.02425;
  if (p > 1 - tail) return -normalQuantile(1 - p);
  if (p < tail) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL, q) / (1 + q * polynomial(TAIL_UNDER, q));
  }
  const q = p - 0.5;
  const r = q * q;
  return (q * polynomial(MIDDLE, r)) / (1 + r * polynomial(MIDDLE_UNDER, r));
}

/** Coefficients, highest power first. */
const polynomial = (coefficients: readonly number[], x: number) => coefficients.reduce((sum, c) => sum * x + c, 0);

const MIDDLE = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const MIDDLE_UNDER = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const TAIL = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_UNDER = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];
