/** Dense linear algebra in f64, for matrices of a few thousand rows. */

type Matrix = readonly Float64Array[];

/** L of A = L L^T; undefined where A is not positive definite. */
export function cholesky(a: Matrix): Float64Array[] | undefined {
  const rows: Float64Array[] = [];
  for (const [i, row] of a.entries()) {
    const own = new Float64Array(a.length);
    for (let j = 0; j < i; j++) {
      const other = rows[j] as Float64Array;
      let sum = row[j] as number;
      for (let k = 0; k < j; k++) sum -= (own[k] as number) * (other[k] as number);
      own[j] = sum / (other[j] as number);
    }
    let square = row[i] as number;
    for (let k = 0; k < i; k++) square -= (own[k] as number) ** 2;
    // what rounding alone leaves of it is no curvature
    if (!(square > 1e-12 * Math.abs(row[i] as number))) return undefined;
    own[i] = Math.sqrt(square);
    rows.push(own);
  }
  return rows;
}

/** x with L L^T x = b. */
export function solved(l: Matrix, b: Float64Array): Float64Array {
  const x = b.slice();
  for (const [i, row] of l.entries()) {
    for (let k = 0; k < i; k++) x[i] = (x[i] as number) - (row[k] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (row[i] as number);
  }
  for (let i = l.length - 1; i >= 0; i--) {
    const row = l[i] as Float64Array;
    x[i] = (x[i] as number) / (row[i] as number);
    for (let k = 0; k < i; k++) x[k] = (x[k] as number) - (row[k] as number) * (x[i] as number);
  }
  return x;
}

/** x with A x = b, by Gaussian elimination with the largest pivot of each column; undefined where A is singular. */
export function solvedByElimination(a: Matrix, b: Float64Array): Float64Array | undefined {
  const rows: Float64Array[] = a.map((row, i) => Float64Array.of(...row, b[i] as number));
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(at(rows, i, k)) > Math.abs(at(rows, best, k))) best = i;
    if (at(rows, best, k) === 0) return undefined;
    [rows[k], rows[best]] = [rows[best] as Float64Array, rows[k] as Float64Array];
    const pivot = rows[k] as Float64Array;
    for (let i = k + 1; i < n; i++) {
      const row = rows[i] as Float64Array;
      const factor = (row[k] as number) / (pivot[k] as number);
      if (factor !== 0) for (let j = k; j <= n; j++) row[j] = (row[j] as number) - factor * (pivot[j] as number);
    }
  }
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = at(rows, i, n);
    for (let j = i + 1; j < n; j++) sum -= at(rows, i, j) * (x[j] as number);
    x[i] = sum / at(rows, i, i);
  }
  return x;
}

const at = (rows: Matrix, i: number, j: number): number => rows[i]?.[j] as number;
