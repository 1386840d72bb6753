import type { Lanczos } from "./lanczos.ts";

/** How the eigenvalues of a matrix are spread: `density[i]` at `value[i]`, with integral 1. */
export interface Density {
  readonly value: readonly number[];
  readonly density: readonly number[];
  /** Random vectors that it is the mean of. */
  readonly probes: number;
}

const POINTS = 240;
/** Width of the bell curve that stands for an eigenvalue, as a share of the whole range. */
const WIDTH = 0.012;

/**
 * Spectral density by stochastic Lanczos quadrature: eigenvalues of the Krylov space of each random start, weighted by how much of
 * the start lies along them. Ghorbani, Krishnan & Xiao 2019, arXiv:1901.10159, section 2.
 */
export function densityOf(spaces: readonly Lanczos[]): Density {
  const found = spaces.flatMap((space) => {
    const { weights } = space;
    return space.values.map(({ value }, k) => ({ value, weight: (weights[k] as number) / spaces.length }));
  });
  const values = found.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const width = WIDTH * (high - low || Math.abs(high) || 1);
  const [from, to] = [low - 4 * width, high + 4 * width];
  const at = Array.from({ length: POINTS }, (_, i) => from + ((to - from) * i) / (POINTS - 1));
  const bell = (x: number) => Math.exp(-((x / width) ** 2) / 2) / (width * Math.sqrt(2 * Math.PI));
  return {
    value: at,
    density: at.map((x) => found.reduce((sum, { value, weight }) => sum + weight * bell(x - value), 0)),
    probes: spaces.length,
  };
}
