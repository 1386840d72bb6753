/** The plane in which points are spread widest. */
export interface Principal {
  /** Coordinates of the points along the two directions of most variance, each as long as the points. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Shares of the variance that the two directions hold. */
  readonly explained: readonly [number, number];
}

const MOST_ROUNDS = 500;

/**
 * The two first principal components of `count` points of `width` numbers (row-major), in f64: orthogonal iteration on
 * the smaller of covariance and Gram matrix. Golub & Van Loan, Matrix Computations, section 8.2.4.
 */
export function principalPlane(points: ArrayLike<number>, count: number, width: number): Principal {
  const centred = Float64Array.from(points);
  let total = 0;
  for (let d = 0; d < width; d++) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += centred[i * width + d] as number;
    mean /= count;
    for (let i = 0; i < count; i++) {
      const value = (centred[i * width + d] as number) - mean;
      centred[i * width + d] = value;
      total += value * value;
    }
  }
  const none = (): Float64Array => new Float64Array(count);
  if (!(total > 0)) return { first: none(), second: none(), explained: [0, 0] };
  const wide = width > count;
  const size = wide ? count : width;
  const matrix = symmetric(size, wide ? centred : transposed(centred, count, width), wide ? width : count);
  const [u, v] = topPair(matrix, size);
  const along = (direction: Float64Array, value: number): Float64Array =>
    wide
      ? direction.map((x) => x * Math.sqrt(Math.max(0, value))) // of the Gram matrix: already one number per point
      : Float64Array.from({ length: count }, (_, i) => {
          let sum = 0;
          for (let d = 0; d < width; d++) sum += (centred[i * width + d] as number) * (direction[d] as number);
          return sum;
        });
  return {
    first: along(u.vector, u.value),
    second: along(v.vector, v.value),
    explained: [Math.max(0, u.value) / total, Math.max(0, v.value) / total],
  };
}

function transposed(rows: Float64Array, count: number, width: number): Float64Array {
  const out = new Float64Array(rows.length);
  for (let i = 0; i < count; i++) for (let d = 0; d < width; d++) out[d * count + i] = rows[i * width + d] as number;
  return out;
}

/** Products of all pairs of `size` rows of `length` numbers. */
function symmetric(size: number, rows: Float64Array, length: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += (rows[a * length + i] as number) * (rows[b * length + i] as number);
      out[a * size + b] = sum;
      out[b * size + a] = sum;
    }
  }
  return out;
}

interface Pair {
  readonly vector: Float64Array;
  readonly value: number;
}

function topPair(matrix: Float64Array, size: number): [Pair, Pair] {
  const times = (v: Float64Array): Float64Array =>
    Float64Array.from({ length: size }, (_, a) => {
      let sum = 0;
      for (let b = 0; b < size; b++) sum += (matrix[a * size + b] as number) * (v[b] as number);
      return sum;
    });
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
  const unit = (v: Float64Array): Float64Array => {
    const length = Math.sqrt(dot(v, v));
    return length > 0 ? v.map((x) => x / length) : v;
  };
  // a start that is orthogonal to nothing in particular, and the same every time
  let u = unit(Float64Array.from({ length: size }, (_, i) => Math.cos(i + 1)));
  let v = unit(Float64Array.from({ length: size }, (_, i) => Math.sin(2 * i + 1)));
  let before = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [nu, nv] = [times(u), times(v)];
    const held = dot(u, nu) + dot(v, nv);
    u = unit(nu);
    const overlap = dot(u, nv);
    v = unit(nv.map((x, i) => x - overlap * (u[i] as number)));
    if (Math.abs(held - before) <= 1e-14 * held) break;
    before = held;
  }
  // the plane is found: within it, the directions that diagonalize the matrix (Rayleigh and Ritz)
  const [mu, mv] = [times(u), times(v)];
  const [a, b, c] = [dot(u, mu), dot(u, mv), dot(v, mv)];
  const angle = 0.5 * Math.atan2(2 * b, a - c);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const first = u.map((x, i) => cos * x + sin * (v[i] as number));
  const next = v.map((x, i) => cos * x - sin * (u[i] as number));
  const value = a * cos * cos + 2 * b * sin * cos + c * sin * sin;
  // the largest part of a direction points upwards, so that pictures of the same points do not flip
  const upwards = (w: Float64Array) => {
    const most = w.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
    return most < 0 ? w.map((x) => -x) : w;
  };
  return [
    { vector: upwards(first), value },
    { vector: upwards(next), value: a + c - value },
  ];
}
