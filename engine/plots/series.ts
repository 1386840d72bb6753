/** How a column of several rows becomes one number when rows share a bin; missing values (NaN) do not count. */
export type Reduction = "last" | "mean" | "min" | "max";

/**
 * A table that grows for ever in bounded memory: at most `capacity` rows. When it is full, neighbouring rows are
 * merged in pairs and from then on one row stands for twice as many. All rows have the same weight, so means stay exact
 * (up to missing values).
 */
export class Series<Name extends string> {
  readonly capacity: number;
  readonly #reductions: Readonly<Record<Name, Reduction>>;
  readonly #columns: Record<Name, Float64Array>;
  readonly #pending: Record<Name, number[]>;
  readonly #names: readonly Name[];
  #length = 0;
  #waiting = 0;
  #binSize = 1;
  #generation = 0;

  /** `capacity` is even, so that pairs come out. */
  constructor(reductions: Readonly<Record<Name, Reduction>>, capacity: number) {
    this.#names = Object.keys(reductions) as Name[];
    this.#reductions = reductions;
    this.capacity = capacity + (capacity % 2);
    this.#columns = this.#each(() => new Float64Array(this.capacity));
    this.#pending = this.#each(() => []);
  }

  /** Whole rows so far; rows that wait for their bin to fill are not among them. */
  get length(): number {
    return this.#length;
  }

  /** How many pushed rows one row stands for: 1, 2, 4, ... */
  get binSize(): number {
    return this.#binSize;
  }

  /** Raised whenever earlier rows changed, so that a reader knows that appending is not enough. */
  get generation(): number {
    return this.#generation;
  }

  push(row: Readonly<Record<Name, number>>): void {
    for (const name of this.#names) this.#pending[name].push(row[name]);
    if (++this.#waiting === this.#binSize) this.#settle();
  }

  /** Turns the rows that wait into a last, lighter row: call it when no more will come. */
  finish(): void {
    if (this.#waiting > 0) this.#settle();
  }

  /** Rows `from` to the end, as copies. */
  rows(from = 0): Record<Name, Float64Array> {
    return this.#each((name) => this.#columns[name].slice(from, this.#length));
  }

  #settle(): void {
    for (const name of this.#names) {
      this.#columns[name][this.#length] = reduce(this.#reductions[name], this.#pending[name]);
      this.#pending[name].length = 0;
    }
    this.#waiting = 0;
    if (++this.#length === this.capacity) this.#halve();
  }

  #halve(): void {
    this.#length /= 2;
    this.#binSize *= 2;
    this.#generation++;
    for (const name of this.#names) {
      const values = this.#columns[name];
      for (let i = 0; i < this.#length; i++) {
        values[i] = reduce(this.#reductions[name], values.subarray(2 * i, 2 * i + 2));
      }
    }
  }

  #each<T>(make: (name: Name) => T): Record<Name, T> {
    return Object.fromEntries(this.#names.map((name) => [name, make(name)])) as Record<Name, T>;
  }
}

function reduce(how: Reduction, values: ArrayLike<number>): number {
  let [sum, count, low, high, last] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
    low = Math.min(low, value);
    high = Math.max(high, value);
    last = value;
  }
  if (count === 0) return Number.NaN;
  return { last, mean: sum / count, min: low, max: high }[how];
}
