import { DataError } from "../../errors/index.ts";
import type { Collector, Rows, Statistics } from "./definition.ts";

/** Count, mean and sum of squared deviations of each column, in one pass. Welford 1962, Technometrics 4(3). */
export class Moments {
  readonly mean: Float64Array;
  readonly squares: Float64Array;
  /** Values of each column that are not missing. */
  readonly counts: Float64Array;

  constructor(width: number) {
    this.mean = new Float64Array(width);
    this.squares = new Float64Array(width);
    this.counts = new Float64Array(width);
  }

  add({ count, width, data }: Rows): void {
    for (let r = 0; r < count; r++) for (let c = 0; c < width; c++) this.put(c, data[r * width + c] as number);
  }

  put(c: number, x: number): void {
    if (Number.isNaN(x)) return;
    const n = (this.counts[c] as number) + 1;
    this.counts[c] = n;
    const delta = x - (this.mean[c] as number);
    const mean = (this.mean[c] as number) + delta / n;
    this.mean[c] = mean;
    this.squares[c] = (this.squares[c] as number) + delta * (x - mean);
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
