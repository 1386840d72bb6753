/** How rows that share a bin become one: means leave out what is missing (NaN). */
type Reduction = "last" | "mean";

/** A table of numbers that grows for ever in bounded memory: when it is full, neighbours become one row, and from then on one row stands for twice as many. */
export class Thin {
  readonly #how: readonly Reduction[];
  readonly #capacity: number;
  readonly #rows: number[][] = [];
  #waiting: number[][] = [];
  #bin = 1;

  /** `capacity` is even. */
  constructor(how: readonly Reduction[], capacity: number) {
    this.#how = how;
    this.#capacity = capacity;
  }

  /** Whether one row stands for several. */
  get thinned(): boolean {
    return this.#bin > 1;
  }

  push(row: number[]): void {
    this.#waiting.push(row);
    if (this.#waiting.length < this.#bin) return;
    this.#rows.push(this.#merge(this.#waiting));
    this.#waiting = [];
    if (this.#rows.length < this.#capacity) return;
    for (let i = 0; i < this.#capacity / 2; i++) this.#rows[i] = this.#merge(this.#rows.slice(2 * i, 2 * i + 2));
    this.#rows.length = this.#capacity / 2;
    this.#bin *= 2;
  }

  /** A column, what waits for its bin included: at most `capacity` numbers. */
  column(index: number): number[] {
    const rows = this.#waiting.length > 0 ? [...this.#rows, this.#merge(this.#waiting)] : this.#rows;
    return rows.map((row) => row[index] as number);
  }

  #merge(rows: readonly number[][]): number[] {
    if (rows.length === 1) return rows[0] as number[];
    return this.#how.map((how, i) => {
      const values = rows.map((row) => row[i] as number).filter((value) => !Number.isNaN(value));
      if (values.length === 0) return Number.NaN;
      return how === "last" ? (values.at(-1) as number) : values.reduce((a, b) => a + b, 0) / values.length;
    });
  }
}
