/** One number per example, or per example and class, row-major. */
export type Numbers = ArrayLike<number>;

/** Places of the values, the largest first; equal ones in their order. */
export const descending = (values: Numbers): number[] =>
  Array.from(values, (_, i) => i).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);

/** Largest value of each row of `width`: where it stands (the first of equals) and what it is. */
export function tops(rows: Numbers, width: number): { readonly place: Int32Array; readonly value: Float64Array } {
  const count = rows.length / width;
  const place = new Int32Array(count);
  const value = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let c = 1; c < width; c++) {
      if ((rows[i * width + c] as number) > (rows[i * width + (place[i] as number)] as number)) place[i] = c;
    }
    value[i] = rows[i * width + (place[i] as number)] as number;
  }
  return { place, value };
}

/** Column `c` of rows of `width`. */
export const column = (rows: Numbers, width: number, c: number): Float64Array =>
  Float64Array.from({ length: rows.length / width }, (_, i) => rows[i * width + c] as number);

/** Numpy's percentile with linear interpolation; `q` in [0, 1]. Sorted values. */
export function quantile(sorted: Numbers, q: number): number {
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const a = sorted[low] as number;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] as number;
  return a + (b - a) * (at - low);
}
