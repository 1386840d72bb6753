import { DataError } from "../../errors/index.ts";
import type { Collector, Rows, Statistics } from "./definition.ts";

/**
 * Count, mean and sum of squared deviations of each column, piece by piece: each piece about its own means, joined by Chan,
 * Golub & LeVeque 1983, The American Statistician 37(3), equation 2.1.
 */
export class Moments {
  readonly mean: Float64Array;
  readonly squares: Float64Array;
  /** Values of each column that are not missing. */
  readonly counts: Float64Array;

  /** A column of the statistics is so many neighbours of a row: the pixels of a channel. */
  readonly #inner: number;

  constructor(columns: number, inner = 1) {
    this.mean = new Float64Array(columns);
    this.squares = new Float64Array(columns);
    this.counts = new Float64Array(columns);
    this.#inner = inner;
  }

  add({ count, data }: Rows): void {
    const columns = this.mean.length;
    const inner = this.#inner;
    const counts = new Float64Array(columns);
    const mean = new Float64Array(columns);
    const squares = new Float64Array(columns);
    for (let r = 0, at = 0; r < count; r++) {
      for (let c = 0; c < columns; c++) {
        for (let i = 0; i < inner; i++, at++) {
          const x = data[at] as number;
          if (Number.isNaN(x)) continue;
          counts[c] = (counts[c] as number) + 1;
          mean[c] = (mean[c] as number) + x;
        }
      }
    }
    for (let c = 0; c < columns; c++) mean[c] = (mean[c] as number) / Math.max(1, counts[c] as number);
    for (let r = 0, at = 0; r < count; r++) {
      for (let c = 0; c < columns; c++) {
        for (let i = 0; i < inner; i++, at++) {
          const away = (data[at] as number) - (mean[c] as number);
          if (!Number.isNaN(away)) squares[c] = (squares[c] as number) + away * away;
        }
      }
    }
    for (let c = 0; c < columns; c++) this.#join(c, counts[c] as number, mean[c] as number, squares[c] as number);
  }

  #join(c: number, n: number, mean: number, squares: number): void {
    if (n === 0) return;
    const before = this.counts[c] as number;
    const all = before + n;
    const away = mean - (this.mean[c] as number);
    this.counts[c] = all;
    this.mean[c] = (this.mean[c] as number) + (away * n) / all;
    this.squares[c] = (this.squares[c] as number) + squares + (away * away * before * n) / all;
  }

  /** Of the population. */
  get variance(): Float64Array {
    return this.squares.map((s, c) => s / Math.max(1, this.counts[c] as number));
  }
}

/** A collector of one accumulator. */
export const collecting = (add: (rows: Rows) => void, finish: () => Statistics): Collector => ({ add, finish });

/** Every value of every column, for what needs them in order: medians. */
export class Values {
  readonly #pieces: Float64Array[][];

  constructor(width: number) {
    this.#pieces = Array.from({ length: width }, () => []);
  }

  add({ count, width, data }: Rows): void {
    for (let c = 0; c < width; c++) {
      this.#pieces[c]?.push(Float64Array.from({ length: count }, (_, r) => data[r * width + c] as number));
    }
  }

  /** Each column ascending, without what is missing. */
  sorted(): Float64Array[] {
    return this.#pieces.map((pieces) =>
      Float64Array.from(pieces.flatMap((p) => [...p.filter((x) => !Number.isNaN(x))])).sort(),
    );
  }
}

/**
 * The value below which a share `q` of ascending values lies, linear between neighbours as numpy's default.
 * Throws DataError when there is none.
 */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  if (ascending.length === 0) throw new DataError("quantile: there are no values");
  const at = q * (ascending.length - 1);
  const low = Math.floor(at);
  const [a, b] = [ascending[low] as number, ascending[Math.min(low + 1, ascending.length - 1)] as number];
  return a + (b - a) * (at - low);
}

/** 1 where a spread is none, so that a constant column is only moved, as scikit-learn's scalers do. */
export const orOne = (spread: Float64Array, none: (s: number, c: number) => boolean): Float64Array =>
  spread.map((s, c) => (none(s, c) ? 1 : s));

/** What scikit-learn takes for no spread where it has only the spread to go by: ten times the spacing of numbers at 1. */
export const tiny = (s: number): boolean => s < 10 * Number.EPSILON;

/** f(x, column) of every value. */
export function eachValue({ count, width, data }: Rows, f: (x: number, column: number) => number): Rows {
  const out = new Float64Array(count * width);
  for (let i = 0; i < out.length; i++) out[i] = f(data[i] as number, i % width);
  return { count, width, data: out };
}
