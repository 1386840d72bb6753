import type { Columns } from "./payload.ts";

export type Value = number | string;
export type Row = Record<string, Value>;

/** One dataset of a chart, by columns of the same length; rows join at its end. Missing numbers are NaN. */
export class Table {
  readonly columns = new Map<string, Value[]>();
  length = 0;

  append(columns: Columns): void {
    const before = this.length;
    for (const [name, column] of Object.entries(columns)) {
      const values: ArrayLike<Value> = "f64" in column ? decodeNumbers(column.f64) : column.text;
      const own = this.columns.get(name) ?? new Array<Value>(before).fill(Number.NaN);
      for (let i = 0; i < values.length; i++) own.push(values[i] as Value);
      this.columns.set(name, own);
      this.length = Math.max(this.length, own.length);
    }
  }

  clear(): void {
    this.columns.clear();
    this.length = 0;
  }

  value(field: string, row: number): Value {
    return this.columns.get(field)?.[row] ?? Number.NaN;
  }

  /** The rows from `from` on, as Vega takes them. */
  rows(from = 0): Row[] {
    const names = [...this.columns.keys()];
    return Array.from({ length: Math.max(0, this.length - from) }, (_, i) =>
      Object.fromEntries(names.map((name) => [name, this.value(name, from + i)])),
    );
  }

  /** The row whose `field`, which never falls, is nearest to `x`; of text, the one that is equal; -1 when there is none. */
  nearest(field: string, x: Value): number {
    if (typeof x === "string") return this.columns.get(field)?.indexOf(x) ?? -1;
    const values = this.columns.get(field) as number[] | undefined;
    if (values === undefined || values.length === 0) return -1;
    let [low, high] = [0, values.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] as number) < x) low = middle + 1;
      else high = middle;
    }
    const before = values[low - 1];
    return before !== undefined && x - before <= (values[low] as number) - x ? low - 1 : low;
  }
}

/** Little-endian float64 in base64. */
export function decodeNumbers(base64: string): Float64Array {
  const text = atob(base64);
  const view = new DataView(new ArrayBuffer(text.length));
  for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i));
  return Float64Array.from({ length: text.length >> 3 }, (_, i) => view.getFloat64(8 * i, true));
}

/** Where the axis of a run that grows ends, as the kernel's: it doubles as a long run goes. */
export function axisEnd(done: number, planned: number): number {
  let end = planned;
  while (end / 2 >= Math.max(done, 1000)) end /= 2;
  return end;
}

/** Exponential moving average with its start corrected, as the kernel's: missing values stay missing and do not count. */
export function ema(values: ArrayLike<number>, weight: number): number[] {
  let [sum, norm] = [0, 0];
  return Array.from(values, (value) => {
    if (Number.isNaN(value)) return Number.NaN;
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}
