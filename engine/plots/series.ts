/** How a column of several rows becomes one number when rows share a bin; missing values (NaN) do not count. */
export type Reduction = "last" | "mean" | "min" | "max";

/**
 * A table that grows for ever in bounded memory: at most `capacity` rows. When it is full, neighbouring rows are
 * merged in pairs and from then on one row stands for twice as many. All rows have the same weight, so means stay exact
 * (up to missing values).
 */
export class Series<Name extends string> {
  readonly capacity: number;
  readonly #columns: readonly Column[];
  readonly #names: readonly Name[];
  #length = 0;
  #waiting = 0;
  #binSize = 1;
  #generation = 0;

  /** `capacity` is even, so that pairs come out. */
  constructor(reductions: Readonly<Record<Name, Reduction>>, capacity: number) {
    this.#names = Object.keys(reductions) as Name[];
    this.capacity = capacity + (capacity % 2);
    this.#columns = this.#names.map((name) => new Column(reductions[name], this.capacity));
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
    this.#columns.forEach((column, i) => {
      column.take(row[this.#names[i] as Name]);
    });
    this.#taken(1);
  }

  /** The first `count` rows of a table, in one go. */
  append(table: Readonly<Record<Name, ArrayLike<number>>>, count: number): void {
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + this.#binSize - this.#waiting);
      this.#columns.forEach((column, i) => {
        column.takeAll(table[this.#names[i] as Name], from, to);
      });
      this.#taken(to - from);
      from = to;
    }
  }

  /** Turns the rows that wait into a last, lighter row: call it when no more will come. */
  finish(): void {
    if (this.#waiting > 0) this.#settle();
  }

  /** Rows `from` to the end, as copies. */
  rows(from = 0): Record<Name, Float64Array> {
    const entries = this.#names.map((name, i) => [name, this.#columns[i]?.values.slice(from, this.#length)]);
    return Object.fromEntries(entries) as Record<Name, Float64Array>;
  }

  #taken(rows: number): void {
    this.#waiting += rows;
    if (this.#waiting === this.#binSize) this.#settle();
  }

  #settle(): void {
    for (const column of this.#columns) column.settle(this.#length);
    this.#waiting = 0;
    if (++this.#length === this.capacity) this.#halve();
  }

  #halve(): void {
    this.#length /= 2;
    this.#binSize *= 2;
    this.#generation++;
    for (const column of this.#columns) column.halve(this.#length);
  }
}

/** The values of a column, and what the rows that wait for their bin come to. */
class Column {
  readonly values: Float64Array;
  readonly #how: Reduction;
  #count = 0;
  /** Of the values that count: their sum, or the one that stands for them. */
  #held = 0;

  constructor(how: Reduction, capacity: number) {
    this.#how = how;
    this.values = new Float64Array(capacity);
  }

  take(value: number): void {
    if (Number.isNaN(value)) return;
    const first = this.#count++ === 0;
    if (first || this.#how === "last") this.#held = value;
    else if (this.#how === "mean") this.#held += value;
    else if (this.#how === "min" ? value < this.#held : value > this.#held) this.#held = value;
  }

  /** Row `at` becomes what was taken since the last one. */
  settle(at: number): void {
    const held = this.#how === "mean" ? this.#held / this.#count : this.#held;
    this.values[at] = this.#count === 0 ? Number.NaN : held;
    this.#count = 0;
  }

  /** Takes values `from` to `to`. */
  takeAll(values: ArrayLike<number>, from: number, to: number): void {
    if (this.#how !== "last") {
      for (let i = from; i < to; i++) this.take(values[i] as number);
      return;
    }
    let last = to - 1;
    while (last >= from && Number.isNaN(values[last])) last--;
    if (last >= from) this.take(values[last] as number);
  }

  /** Neighbours become one row, `rows` in all. */
  halve(rows: number): void {
    for (let i = 0; i < rows; i++) {
      this.take(this.values[2 * i] as number);
      this.take(this.values[2 * i + 1] as number);
      this.settle(i);
    }
  }
}
