/** error(n) = a n^-b + c: how errors fall with the number of examples, down to what no amount of data removes. */
export interface PowerLaw {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Sum of the squared residuals. */
  readonly squares: number;
  /** Error expected at n examples. */
  at(n: number): number;
  /** Examples at which the error is `target`; infinite when that is at or below c, NaN when the law does not fall. */
  examplesFor(target: number): number;
  /** Half the width of the 95 % interval of the law at n: linear in the parameters' errors; NaN from fewer than four points. */
  margin(n: number): number;
}

/**
 * Least squares, all points alike. For a given b the best a and c follow from a straight line in n^-b, so the search is over b
 * alone: every local minimum on a grid, narrowed down by golden section. With `floor` c is not below it, as an error cannot be
 * below 0. Needs three different n. Cortes et al. 1993, Learning curves: asymptotic values and rate of convergence; Hestness et
 * al. 2017, arXiv:1712.00409.
 */
export function fitPowerLaw(
  n: ArrayLike<number>,
  error: ArrayLike<number>,
  floor = Number.NEGATIVE_INFINITY,
): PowerLaw {
  // sizes relative to their geometric mean: powers stay near 1
  const scale = Math.exp(Array.from(n).reduce((sum, v) => sum + Math.log(v), 0) / n.length);
  const x = Float64Array.from(n, (v) => v / scale);
  const y = Float64Array.from(error);
  const squares = (logB: number): number => lineFor(x, y, Math.exp(logB), floor).squares;
  const grid = Array.from({ length: GRID }, (_, i) => LOWEST + (i * (HIGHEST - LOWEST)) / (GRID - 1));
  const values = grid.map(squares);
  const starts = grid
    .map((_, i) => i)
    .filter((i) => {
      const v = values[i] as number;
      return v <= (values[i - 1] ?? Infinity) && v <= (values[i + 1] ?? Infinity);
    });
  const found = starts
    .map((i) => golden(squares, grid[Math.max(0, i - 1)] as number, grid[Math.min(GRID - 1, i + 1)] as number))
    .reduce((best, logB) => (squares(logB) < squares(best) ? logB : best));
  const b = Math.exp(found);
  const line = lineFor(x, y, b, floor);
  return law({ a: line.a * scale ** b, b, c: line.c, squares: line.squares }, n, line.c <= floor);
}

/** Exponents searched, as logarithms: 0.003 to 20. */
const LOWEST = Math.log(0.003);
const HIGHEST = Math.log(20);
const GRID = 200;

/** The best a and c for one b. */
function lineFor(
  x: Float64Array,
  y: Float64Array,
  b: number,
  floor: number,
): { a: number; c: number; squares: number } {
  const p = x.map((v) => v ** -b);
  const mean = (v: Float64Array) => v.reduce((s, w) => s + w, 0) / v.length;
  const [mp, my] = [mean(p), mean(y)];
  let [spread, along] = [0, 0];
  for (let i = 0; i < p.length; i++) {
    spread += ((p[i] as number) - mp) ** 2;
    along += ((p[i] as number) - mp) * ((y[i] as number) - my);
  }
  let a = spread === 0 ? 0 : along / spread;
  let c = my - a * mp;
  if (c < floor) {
    c = floor;
    let [top, bottom] = [0, 0];
    for (let i = 0; i < p.length; i++) {
      top += (p[i] as number) * ((y[i] as number) - floor);
      bottom += (p[i] as number) ** 2;
    }
    a = top / bottom;
  }
  const squares = y.reduce((s, v, i) => s + (v - a * (p[i] as number) - c) ** 2, 0);
  return { a, c, squares };
}

/** Place of the minimum between two ends, to f64's limits. */
function golden(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  for (let i = 0; i < 80; i++) {
    const left = high - ratio * (high - low);
    const right = low + ratio * (high - low);
    if (f(left) < f(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}

function law(
  { a, b, c, squares }: Pick<PowerLaw, "a" | "b" | "c" | "squares">,
  n: ArrayLike<number>,
  fixed: boolean,
): PowerLaw {
  // slopes of the law for each free parameter; c is none when it lies on its floor
  const slopes = (m: number) => [m ** -b, -a * m ** -b * Math.log(m), ...(fixed ? [] : [1])];
  const free = fixed ? 2 : 3;
  const degrees = n.length - free;
  const inverse = degrees > 0 ? inverted(Array.from(n, slopes), free) : undefined;
  return {
    a,
    b,
    c,
    squares,
    at: (m) => a * m ** -b + c,
    examplesFor: (target) => {
      if (a <= 0) return Number.NaN;
      return target <= c ? Number.POSITIVE_INFINITY : (a / (target - c)) ** (1 / b);
    },
    margin: (m) => {
      if (!inverse) return Number.NaN;
      const s = slopes(m);
      const variance = s.reduce(
        (sum, u, i) => sum + s.reduce((inner, v, j) => inner + u * v * (inverse[i]?.[j] as number), 0),
        0,
      );
      return studentT(degrees) * Math.sqrt(Math.max(0, (variance * squares) / degrees));
    },
  };
}

/** (J' J)^-1 for rows of slopes; columns are brought to one size first, as they differ by magnitudes. Undefined: singular. */
function inverted(rows: readonly (readonly number[])[], size: number): number[][] | undefined {
  const scale = Array.from({ length: size }, (_, i) => Math.hypot(...rows.map((r) => r[i] as number)) || 1);
  const m = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) =>
      rows.reduce(
        (s, r) => s + ((r[i] as number) * (r[j] as number)) / ((scale[i] as number) * (scale[j] as number)),
        0,
      ),
    ),
    ...Array.from({ length: size }, (_, j) => Number(i === j)),
  ]);
  for (let k = 0; k < size; k++) {
    const pivot = m
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k] as number) > Math.abs(m[best]?.[k] as number) ? i + k : best), k);
    [m[k], m[pivot]] = [m[pivot] as number[], m[k] as number[]];
    const row = m[k] as number[];
    const p = row[k] as number;
    if (Math.abs(p) < 1e-12) return undefined;
    for (let j = 0; j < 2 * size; j++) row[j] = (row[j] as number) / p;
    for (const [i, other] of m.entries()) {
      if (i === k) continue;
      const factor = other[k] as number;
      for (let j = 0; j < 2 * size; j++) other[j] = (other[j] as number) - factor * (row[j] as number);
    }
  }
  return m.map((row, i) => row.slice(size).map((v, j) => v / ((scale[i] as number) * (scale[j] as number))));
}

/** Student's t for a two-sided 95 % interval, by degrees of freedom from 1. */
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131];

const studentT = (degrees: number): number => T[degrees - 1] ?? 1.96 + 2.4 / degrees;
