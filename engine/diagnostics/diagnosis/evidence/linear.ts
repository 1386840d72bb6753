import type { Dataset } from "../../../data/index.ts";
import { sizeOf } from "../../../tensor/index.ts";
import { evenly, type FeatureFacts } from "./features.ts";

const MOST_FEATURES = 128;
const MOST_EXAMPLES = 2000;

/**
 * Share of the target's variance that linear least squares explains on the training examples, corrected for its number of
 * features: what any model should reach. Null where it cannot be told: several targets, or fewer than five examples a feature.
 */
export function linearR2(set: Dataset, features: FeatureFacts): number | null {
  const width = sizeOf(set.x.shape.slice(1));
  if (set.task !== "regression" || sizeOf(set.y.shape.slice(1)) !== 1) return null;
  if (width > MOST_FEATURES || set.size < 5 * width || features.nonFinite > 0) return null;
  const rows = evenly(set.size, MOST_EXAMPLES);
  const columns = Array.from(features.std.keys()).filter((f) => (features.std[f] as number) > 0);
  const n = columns.length;
  const y = rows.map((r) => set.y.data[r] as number);
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const matrix = Array.from({ length: n }, () => new Float64Array(n + 1));
  let total = 0;
  for (const [i, r] of rows.entries()) {
    const z = columns.map(
      (f) => ((set.x.data[r * width + f] as number) - (features.mean[f] as number)) / (features.std[f] as number),
    );
    const t = (y[i] as number) - mean;
    total += t * t;
    for (let a = 0; a < n; a++) {
      const row = matrix[a] as Float64Array;
      for (let b = 0; b < n; b++) row[b] = (row[b] as number) + (z[a] as number) * (z[b] as number);
      row[n] = (row[n] as number) + (z[a] as number) * t;
    }
  }
  if (total === 0) return null;
  const right = matrix.map((row) => row[n] as number);
  // a little ridge: columns may depend on each other
  for (let a = 0; a < n; a++)
    (matrix[a] as Float64Array)[a] = ((matrix[a] as Float64Array)[a] as number) * (1 + 1e-6) + 1e-9;
  const solved = solve(matrix);
  const explained = solved.reduce((s, c, a) => s + c * (right[a] as number), 0) / total;
  return 1 - ((1 - explained) * (rows.length - 1)) / Math.max(1, rows.length - n - 1);
}

/** Gauss's elimination of a positive definite system with its right side as the last column. */
function solve(matrix: Float64Array[]): number[] {
  const n = matrix.length;
  for (let p = 0; p < n; p++) {
    const pivot = matrix[p] as Float64Array;
    for (let r = p + 1; r < n; r++) {
      const row = matrix[r] as Float64Array;
      const factor = (row[p] as number) / (pivot[p] as number);
      for (let c = p; c <= n; c++) row[c] = (row[c] as number) - factor * (pivot[c] as number);
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let r = n - 1; r >= 0; r--) {
    const row = matrix[r] as Float64Array;
    let sum = row[n] as number;
    for (let c = r + 1; c < n; c++) sum -= (row[c] as number) * (x[c] as number);
    x[r] = sum / (row[r] as number);
  }
  return x;
}
