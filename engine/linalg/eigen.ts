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
  return ascending(d, z);
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

/** Matrices of more rows than this are made tridiagonal first: Jacobi's sweeps cost ten times as much. */
const MOST_JACOBI = 128;

/**
 * Of a dense symmetric matrix (rows): by Jacobi's rotations, which find small eigenvalues of badly scaled covariances to as many
 * digits as large ones; above 128 rows by Householder's reflections and QL.
 * Golub & Van Loan, Matrix Computations, sections 8.5 and 8.3; Demmel & Veselic 1992 on the digits.
 */
export function symmetricEigen(matrix: readonly ArrayLike<number>[]): Eigen {
  return matrix.length > MOST_JACOBI ? reflected(matrix) : jacobi(matrix);
}

function jacobi(matrix: readonly ArrayLike<number>[]): Eigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const v = Array.from({ length: n }, (_, k) => Float64Array.from({ length: n }, (_, i) => (i === k ? 1 : 0)));
  const at = (i: number, j: number) => (a[i] as Float64Array)[j] as number;
  for (let sweep = 0, turned = true; turned && sweep < MAX_SWEEPS; sweep++) {
    turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        // beside its own rows' sizes, not the matrix's: a small eigenvalue keeps its digits
        if (Math.abs(at(p, q)) <= Number.EPSILON * Math.sqrt(Math.abs(at(p, p) * at(q, q)))) continue;
        turned = true;
        const theta = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        rotate(a, p, q, c, t * c);
        rotateRows(a, p, q, c, t * c);
        rotateRows(v, p, q, c, t * c);
      }
    }
  }
  return ascending(
    Float64Array.from({ length: n }, (_, k) => at(k, k)),
    v,
  );
}

/**
 * Householder's reflections from the last row up, each H = I - u u^T / h, so that H_1 ... H_n A H_n ... H_1 is tridiagonal;
 * eigenvectors go back through them. Martin, Reinsch & Wilkinson 1968 (tred2).
 */
function reflected(matrix: readonly ArrayLike<number>[]): Eigen {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const off = new Float64Array(n - 1);
  const reflections: { readonly u: Float64Array; readonly h: number }[] = [];
  for (let i = n - 1; i > 0; i--) {
    const row = a[i] as Float64Array;
    const last = row[i - 1] as number;
    let rest = 0;
    for (let k = 0; k < i - 1; k++) rest += (row[k] as number) ** 2;
    off[i - 1] = last;
    if (rest === 0) continue;
    const length = Math.sqrt(rest + last * last) * (last >= 0 ? -1 : 1);
    off[i - 1] = length;
    const u = row.slice(0, i);
    u[i - 1] = last - length;
    const h = length * length - last * length;
    reflections.push({ u, h });
    // A - u w^T - w u^T with w = A u / h - (u^T A u / 2 h^2) u
    const w = Float64Array.from({ length: i }, (_, r) => dot(a[r] as Float64Array, u) / h);
    const half = dot(w, u) / (2 * h);
    for (let r = 0; r < i; r++) w[r] = (w[r] as number) - half * (u[r] as number);
    for (let r = 0; r < i; r++) {
      const own = a[r] as Float64Array;
      const [ur, wr] = [u[r] as number, w[r] as number];
      for (let k = 0; k < i; k++) own[k] = (own[k] as number) - ur * (w[k] as number) - wr * (u[k] as number);
    }
  }
  const diagonal = a.map((row, i) => row[i] as number);
  const { values, vectors } = tridiagonalEigen(diagonal, off);
  for (const vector of vectors) {
    for (let r = reflections.length - 1; r >= 0; r--) {
      const { u, h } = reflections[r] as { u: Float64Array; h: number };
      const along = dot(u, vector) / h;
      for (let k = 0; k < u.length; k++) vector[k] = (vector[k] as number) - along * (u[k] as number);
    }
  }
  return { values, vectors };
}

/** Of as many elements as the second has. */
function dot(a: Float64Array, b: Float64Array): number {
  const n = Math.min(a.length, b.length);
  let sum = 0;
  for (let k = 0; k < n; k++) sum += (a[k] as number) * (b[k] as number);
  return sum;
}

function ascending(values: Float64Array, vectors: readonly Float64Array[]): Eigen {
  const order = Array.from(values.keys()).sort((i, j) => (values[i] as number) - (values[j] as number));
  return {
    values: Float64Array.from(order, (k) => values[k] as number),
    vectors: order.map((k) => vectors[k] as Float64Array),
  };
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
