import { ConfigError } from "../../errors/index.ts";
import { symmetricEigen } from "../../linalg/index.ts";
import type { Snapshot } from "../../session/trace.ts";
import { addTo, dot, length, plus, scaled } from "../curvature/vectors.ts";

/** A snapshot as the plane sees it. */
export interface Projected {
  readonly step: number;
  readonly a: number;
  readonly b: number;
  /** How far the weights are from the plane, Euclidean. */
  readonly distance: number;
}

export interface PathPlane {
  /** Unit vectors. */
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** Share of the path's squared distances from its end that lies along each. */
  readonly shares: readonly [number, number];
}

/** Multiplications that the inner products of all pairs of snapshots may take; of more snapshots some are passed over. */
const MOST_WORK = 2e9;

/** As many snapshots, evenly, as are worth comparing each with each: the last one always. */
export function fewer(trace: readonly Snapshot[], words: number): readonly Snapshot[] {
  const most = Math.max(3, Math.floor(Math.sqrt(MOST_WORK / words)));
  if (trace.length <= most) return trace;
  return Array.from({ length: most }, (_, i) => trace[Math.round((i * (trace.length - 1)) / (most - 1))] as Snapshot);
}

/**
 * The plane through the path's end that is nearest to all of it: the two main directions of the snapshots' differences
 * from the end, exactly, by the eigenvectors of their inner products. Li et al. 2018, arXiv:1712.09913, section 7; they
 * subtract the mean of the differences first, so that their plane need not be near the path. The path runs from left to
 * right, and first upwards.
 */
export function planeOfPath(trace: readonly Snapshot[], end: Float32Array): PathPlane {
  const away = trace.map(({ weights }) => plus(weights.parameters, end, -1)).filter((d) => length(d) > 0);
  if (away.length < 2) {
    throw new ConfigError(
      `landscape: the path has ${away.length} snapshots away from its end, a plane needs 2; train with fit({ trace: 50 })`,
    );
  }
  const inner = away.map((x, i) => Float64Array.from(away, (y, j) => (j <= i ? dot(x, y) : 0)));
  for (const [i, row] of inner.entries()) {
    for (let j = i + 1; j < row.length; j++) row[j] = (inner[j] as Float64Array)[i] as number;
  }
  const { values, vectors } = symmetricEigen(inner);
  const total = values.reduce((a, b) => a + Math.max(0, b), 0);
  const n = away.length;
  const direction = (k: number): Float64Array => {
    const out = new Float64Array(end.length);
    for (const [i, x] of away.entries()) addTo(out, x, (vectors[n - 1 - k] as Float64Array)[i] as number);
    return out;
  };
  const share = (k: number) => Math.max(0, values[n - 1 - k] as number) / total;
  const first = oriented(direction(0), away, -1);
  const second = oriented(minus(direction(1), first), away, 1);
  return { first: Float32Array.from(first), second: Float32Array.from(second), shares: [share(0), share(1)] };
}

/** Where weights lie in the plane through `end` along two directions of unit length and a right angle, and how far from it. */
export function project(
  parameters: ArrayLike<number>,
  end: Float32Array,
  { first, second }: { first: Float32Array; second: Float32Array },
): Omit<Projected, "step"> {
  const away = plus(parameters, end, -1);
  const [[ff, fs], [, ss]] = [
    [dot(first, first), dot(first, second)],
    [0, dot(second, second)],
  ] as [[number, number], [number, number]];
  const [x, y] = [dot(away, first), dot(away, second)];
  const scale = ff * ss - fs * fs;
  const [a, b] = [(ss * x - fs * y) / scale, (ff * y - fs * x) / scale];
  const rest = plus(plus(away, first, -a), second, -b);
  return { a, b, distance: length(rest) };
}

/** A unit vector with the sign that gives the path's largest coordinate along it the sign of `side`. */
function oriented(v: Float64Array, away: readonly Float64Array[], side: 1 | -1): Float64Array {
  const size = length(v);
  if (!(size > 0)) throw new ConfigError("landscape: the path is a straight line and spans no plane; use landscape1d");
  const farthest = away.map((x) => dot(x, v)).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  return scaled(v, (farthest * side >= 0 ? 1 : -1) / size);
}

/** v without its part along the unit vector u. */
const minus = (v: Float64Array, u: Float64Array): Float64Array => plus(v, u, -dot(u, v));
