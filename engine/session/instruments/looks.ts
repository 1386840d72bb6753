import type { Rows } from "../device.ts";

/** Looks that are kept of a run, at least half of them once there were so many. */
export const MOST_LOOKS = 400;

/** What a look reports by name: scalars and tensors. */
export interface Column {
  readonly name: string;
  readonly size: number;
}

/**
 * The looks at a run, in bounded memory: when there are MOST_LOOKS, every second one is dropped and from then on every
 * second, fourth ... new one is kept. The last one is always there.
 */
export class Looks {
  readonly columns: readonly Column[];
  readonly #places: ReadonlyMap<string, { readonly offset: number; readonly size: number }>;
  readonly #width: number;
  readonly #steps: number[] = [];
  readonly #rows: Float32Array[] = [];
  /** The newest look, when its turn to be kept has not come. */
  #newest: { step: number; row: Float32Array } | null = null;
  #stride = 1;
  #count = 0;

  constructor(columns: readonly Column[]) {
    this.columns = columns;
    let offset = 0;
    this.#places = new Map(
      columns.map(({ name, size }) => {
        const place = [name, { offset, size }] as const;
        offset += size;
        return place;
      }),
    );
    this.#width = offset;
  }

  /** All looks so far, also those that were dropped. */
  get count(): number {
    return this.#count;
  }

  /** Updates that were done at each kept look. */
  get steps(): number[] {
    return this.#newest ? [...this.#steps, this.#newest.step] : [...this.#steps];
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** Takes the rows of a look after `step` updates in. True when it is one to keep. */
  push(step: number, rows: Rows): boolean {
    const row = new Float32Array(this.#width);
    for (const { name } of this.columns) {
      const { offset, size } = this.#places.get(name) as { offset: number; size: number };
      row.set((rows[name] as Float64Array).subarray(0, size), offset);
    }
    const keeps = this.#count++ % this.#stride === 0;
    this.#newest = keeps ? null : { step, row };
    if (!keeps) return false;
    this.#steps.push(step);
    this.#rows.push(row);
    if (this.#steps.length >= MOST_LOOKS) this.#halve();
    return true;
  }

  #halve(): void {
    const last = { step: this.#steps.at(-1) as number, row: this.#rows.at(-1) as Float32Array };
    const half = (this.#steps.length + 1) >> 1;
    for (let i = 0; i < half; i++) {
      this.#steps[i] = this.#steps[2 * i] as number;
      this.#rows[i] = this.#rows[2 * i] as Float32Array;
    }
    this.#steps.length = half;
    this.#rows.length = half;
    this.#stride *= 2;
    if (this.#steps.at(-1) !== last.step) this.#newest = last;
  }

  get #all(): readonly Float32Array[] {
    return this.#newest ? [...this.#rows, this.#newest.row] : this.#rows;
  }

  /** Element `i` of a column at every kept look; NaN when there is no such column. */
  series(name: string, i = 0): Float64Array {
    const place = this.#places.get(name);
    return Float64Array.from(this.#all, (row) => (place ? (row[place.offset + i] as number) : Number.NaN));
  }

  /** A column at one kept look, counted from 0. */
  at(name: string, look: number): Float32Array {
    const { offset, size } = this.#places.get(name) ?? { offset: 0, size: 0 };
    return this.#all[look]?.subarray(offset, offset + size) ?? new Float32Array(0);
  }

  /** The words of the newest look, in the order of the columns. */
  get newest(): Float32Array {
    return this.#all.at(-1) ?? new Float32Array(0);
  }
}
