/** Algebra of plain vectors in f64. */

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** a + by b */
export const plus = (a: Float64Array, b: Float64Array, by = 1): Float64Array =>
  a.map((x, i) => x + by * (b[i] as number));

export const scaled = (a: Float64Array, by: number): Float64Array => a.map((x) => by * x);

/** The largest absolute value. */
export const largest = (a: Float64Array): number => a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
