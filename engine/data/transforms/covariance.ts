import { DataError } from "../../errors/index.ts";
import { symmetricEigen } from "../../linalg/index.ts";
import type { Rows } from "./definition.ts";

/** A covariance of more columns has no room and no time. */
const MOST_COLUMNS = 4096;

/** Directions of most variance first, and how much there is along each. */
export interface Axes {
  readonly mean: Float64Array;
  /** Divided by N - correction, descending. */
  readonly values: Float64Array;
  /** Of length 1; its largest element by size is positive, so that the same data give the same signs everywhere. */
  readonly vectors: readonly Float64Array[];
  readonly count: number;
  /** Variance of each column by itself, divided likewise. */
  readonly columns: Float64Array;
}

/** Means and products of deviations of all pairs of columns, piece by piece. Chan, Golub & LeVeque 1983, equation 2.1 for products. */
export class Covariance {
  readonly #where: string;
  readonly #width: number;
  /** Of what is taken away from every example: the first one, so that a constant column deviates by exactly nothing. */
  #first: Float64Array | undefined;
  /** From there. */
  readonly #mean: Float64Array;
  /** The lower triangle by rows. */
  readonly #products: readonly Float64Array[];
  #count = 0;

  /** Throws DataError for more columns than there is room for. */
  constructor(where: string, width: number) {
    if (width > MOST_COLUMNS) {
      throw new DataError(
        `${where}: ${width} columns are too many; it takes ${MOST_COLUMNS} at most, so choose some with columns`,
      );
    }
    this.#where = where;
    this.#width = width;
    this.#mean = new Float64Array(width);
    this.#products = Array.from({ length: width }, (_, i) => new Float64Array(i + 1));
  }

  add({ count, width, data }: Rows): void {
    if (count === 0) return;
    const first = this.#first ?? Float64Array.from({ length: width }, (_, c) => data[c] as number);
    this.#first = first;
    const mean = new Float64Array(width);
    for (let i = 0; i < count * width; i++) {
      const c = i % width;
      mean[c] = (mean[c] as number) + ((data[i] as number) - (first[c] as number)) / count;
    }
    const columns = Array.from({ length: width }, (_, c) =>
      Float64Array.from(
        { length: count },
        (_, r) => (data[r * width + c] as number) - (first[c] as number) - (mean[c] as number),
      ),
    );
    const all = this.#count + count;
    const between = (this.#count * count) / all;
    const away = mean.map((m, c) => m - (this.#mean[c] as number));
    for (const [i, row] of this.#products.entries()) {
      const a = columns[i] as Float64Array;
      for (let j = 0; j <= i; j++) {
        const b = columns[j] as Float64Array;
        let sum = between * (away[i] as number) * (away[j] as number);
        for (let r = 0; r < count; r++) sum += (a[r] as number) * (b[r] as number);
        row[j] = (row[j] as number) + sum;
      }
    }
    for (const [c, d] of away.entries()) this.#mean[c] = (this.#mean[c] as number) + (d * count) / all;
    this.#count = all;
  }

  /** Throws DataError when there are fewer than two examples, or values that are missing. */
  axes(correction: number): Axes {
    const count = this.#count;
    if (count < 2) {
      throw new DataError(
        `${this.#where}: ${count} training example${count === 1 ? " has" : "s have"} no variance; it takes 2 or more`,
      );
    }
    const matrix = Array.from({ length: this.#width }, (_, i) =>
      Float64Array.from({ length: this.#width }, (_, j) => this.#products[Math.max(i, j)]?.[Math.min(i, j)] as number),
    );
    const { values, vectors } = symmetricEigen(matrix);
    return {
      mean: this.#mean.map((m, c) => m + (this.#first?.[c] ?? 0)),
      values: values.reverse().map((v) => Math.max(0, v) / (count - correction)),
      vectors: [...vectors].reverse().map(upwards),
      count,
      columns: Float64Array.from(matrix, (row, i) => (row[i] as number) / (count - correction)),
    };
  }
}

function upwards(v: Float64Array): Float64Array {
  const most = v.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  return most < 0 ? v.map((x) => -x) : v;
}
