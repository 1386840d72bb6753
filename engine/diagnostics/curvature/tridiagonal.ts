/** Eigenvalues of a symmetric matrix, ascending, and their eigenvectors: `vectors[k]` belongs to `values[k]`. */
export interface Eigen {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

const MAX_SWEEPS = 60;

/**
 * Of the tridiagonal matrix with `diagonal` [n] and `off` [n - 1] beside it, by implicit QL with Wilkinson's shift.
 * Bowdler, Martin, Reinsch & Wilkinson 1968, "The QR and QL algorithms for symmetric matrices" (tql2).
 */
export function tridiagonalEigen(diagonal: ArrayLike<number>, off: ArrayLike<number>): Eigen {
  const n = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = new Float64Array(n);
  for (let i = 0; i + 1 < n; i++) e[i] = off[i] as number;
  // z[k] is column k of the rotations so far: rows of eigenvectors at the end
  const z = Array.from({ length: n }, (_, k) => Float64Array.from({ length: n }, (_, i) => (i === k ? 1 : 0)));
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      let m = l;
      while (m + 1 < n && !negligible(e[m] as number, d[m] as number, d[m + 1] as number)) m++;
      if (m === l) break;
      if (sweep === MAX_SWEEPS) throw new Error(`eigenvalue ${l} of ${n} did not settle in ${MAX_SWEEPS} sweeps`);
      sweepUp(d, e, z, l, m);
    }
  }
  const order = Array.from(d.keys()).sort((a, b) => (d[a] as number) - (d[b] as number));
  return { values: Float64Array.from(order, (k) => d[k] as number), vectors: order.map((k) => z[k] as Float64Array) };
}

const negligible = (e: number, a: number, b: number): boolean =>
  Math.abs(e) <= Number.EPSILON * (Math.abs(a) + Math.abs(b));

/** One implicit QL sweep over rows l to m. */
function sweepUp(d: Float64Array, e: Float64Array, z: readonly Float64Array[], l: number, m: number): void {
  const at = (x: Float64Array, i: number) => x[i] as number;
  let g = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
  let r = Math.hypot(g, 1);
  g = at(d, m) - at(d, l) + at(e, l) / (g + (g >= 0 ? r : -r));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * at(e, i);
    const b = c * at(e, i);
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = at(d, i + 1) - p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = at(d, i + 1) - p;
    r = (at(d, i) - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    const [right, left] = [z[i + 1] as Float64Array, z[i] as Float64Array];
    for (let k = 0; k < right.length; k++) {
      const old = at(right, k);
      right[k] = s * at(left, k) + c * old;
      left[k] = c * at(left, k) - s * old;
    }
  }
  d[l] = at(d, l) - p;
  e[l] = g;
  e[m] = 0;
}

/**
 * Of a small dense symmetric matrix (rows), by Jacobi's rotations. Golub & Van Loan, Matrix Computations, section 8.5.
 */
export function symmetricEigen(matrix: readonly ArrayLike<number>[]): Eigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const v = Array.from({ length: n }, (_, k) => Float64Array.from({ length: n }, (_, i) => (i === k ? 1 : 0)));
  const at = (i: number, j: number) => (a[i] as Float64Array)[j] as number;
  const size = () => a.reduce((sum, row) => sum + row.reduce((s, x) => s + x * x, 0), 0);
  const offSize = () => a.reduce((sum, row, i) => sum + row.reduce((s, x, j) => (i === j ? s : s + x * x), 0), 0);
  const small = size() * 1e-30;
  for (let sweep = 0; sweep < MAX_SWEEPS && offSize() > small; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (at(p, q) === 0) continue;
        const theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        rotate(a, p, q, c, t * c);
        rotateRows(a, p, q, c, t * c);
        rotateRows(v, p, q, c, t * c);
      }
    }
  }
  const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => at(i, i) - at(j, j));
  return { values: Float64Array.from(order, (k) => at(k, k)), vectors: order.map((k) => v[k] as Float64Array) };
}

/** Columns p and q turned. */
function rotate(a: readonly Float64Array[], p: number, q: number, c: number, s: number): void {
  for (const row of a) {
    const [x, y] = [row[p] as number, row[q] as number];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
}

/** Rows p and q turned. */
function rotateRows(a: readonly Float64Array[], p: number, q: number, c: number, s: number): void {
  const [top, bottom] = [a[p] as Float64Array, a[q] as Float64Array];
  for (let k = 0; k < top.length; k++) {
    const [x, y] = [top[k] as number, bottom[k] as number];
    top[k] = c * x - s * y;
    bottom[k] = s * x + c * y;
  }
}
