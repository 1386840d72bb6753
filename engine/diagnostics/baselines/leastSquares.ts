import { DataError } from "../../errors/index.ts";

/** Keeps the equations solvable when features repeat each other, relative to their size. */
const RIDGE = 1e-8;

/**
 * The straight line (plane) with the least squared error: x [N, features] row-major, y [N]. Features are brought to deviation 1
 * first. Returns what predicts the values of others.
 */
export function leastSquares(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  features: number,
): (x: ArrayLike<number>) => Float64Array {
  const count = y.length;
  const mean = new Float64Array(features);
  const spread = new Float64Array(features);
  const at = (i: number, f: number) => x[i * features + f] as number;
  for (let i = 0; i < count; i++) for (let f = 0; f < features; f++) mean[f]! += at(i, f) / count;
  for (let i = 0; i < count; i++) for (let f = 0; f < features; f++) spread[f]! += (at(i, f) - mean[f]!) ** 2 / count;
  for (let f = 0; f < features; f++) spread[f] = Math.sqrt(spread[f]!) || 1;
  let middle = 0;
  for (let i = 0; i < count; i++) middle += (y[i] as number) / count;
  const left = Array.from({ length: features }, () => new Float64Array(features + 1));
  const row = new Float64Array(features);
  for (let i = 0; i < count; i++) {
    for (let f = 0; f < features; f++) row[f] = (at(i, f) - mean[f]!) / spread[f]!;
    for (let f = 0; f < features; f++) {
      const own = left[f] as Float64Array;
      for (let g = 0; g < features; g++) own[g]! += row[f]! * row[g]!;
      own[features]! += row[f]! * ((y[i] as number) - middle);
    }
  }
  for (let f = 0; f < features; f++) (left[f] as Float64Array)[f]! += RIDGE * count;
  const weights = solved(left, features);
  return (given) =>
    Float64Array.from({ length: given.length / features }, (_, i) => {
      let sum = middle;
      for (let f = 0; f < features; f++) {
        sum += (weights[f]! * ((given[i * features + f] as number) - mean[f]!)) / spread[f]!;
      }
      return sum;
    });
}

/** Gauss's elimination with pivots, rows with the right side behind. */
function solved(rows: Float64Array[], size: number): Float64Array {
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    const own = rows[k]!;
    if (own[k] === 0) throw new DataError("least squares: the features do not determine a line");
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i]![k]! / own[k]!;
      for (let j = k; j <= size; j++) rows[i]![j]! -= factor * own[j]!;
    }
  }
  const out = new Float64Array(size);
  for (let k = size - 1; k >= 0; k--) {
    let sum = rows[k]![size]!;
    for (let j = k + 1; j < size; j++) sum -= rows[k]![j]! * out[j]!;
    out[k] = sum / rows[k]![k]!;
  }
  return out;
}
