import { ConfigError, DataError } from "../../errors/index.ts";
import { either, int, num, optional, required } from "../../params/index.ts";
import type { Axes } from "./covariance.ts";
import type { Rows, Statistics } from "./definition.ts";

/** How many components are kept. */
export const kParam = optional(
  either(
    int(
      required,
      "[1, inf)",
      "Components that are kept: a count, or below 1 the share of the variance that they must hold; all when not given.",
    ),
    num(required, "(0, 1)", ""),
  ),
);

/** Components that `k` asks for. Throws ConfigError for more than there are. */
export function keptOf(where: string, k: number | null, { values, count }: Axes): number {
  const most = Math.min(values.length, count);
  if (k === null) return most;
  if (k >= 1) {
    if (k <= most) return k;
    const why = values.length > count ? `${count} training examples` : `${values.length} columns`;
    throw new ConfigError(`${where}: k = ${k} is more than the ${why}; take ${most} or less`);
  }
  const total = values.reduce((a, b) => a + b, 0);
  let held = 0;
  const enough = values.findIndex((v) => {
    held += v;
    return held > k * total;
  });
  return enough < 0 ? most : Math.min(most, enough + 1);
}

/** What is kept of the axes: mean [d], components [k, d], their variances [k], and all variances in all. */
export function statisticsOf({ mean, values, vectors }: Axes, k: number): Statistics {
  const components = new Float64Array(k * mean.length);
  for (let i = 0; i < k; i++) components.set(vectors[i] as Float64Array, i * mean.length);
  return { mean, components, variance: values.slice(0, k), spectrum: values };
}

/** Variance beside that of the columns it is made of, below which rounding is all there is. */
const NONE = 1e-12;

/** Throws DataError naming the first of k components without variance: without `eps` nothing can be divided by it. */
export function requireVariance(where: string, { values, vectors, columns }: Axes, k: number, eps: number): void {
  if (eps > 0) return;
  const none = values.slice(0, k).findIndex((value, i) => {
    const v = vectors[i] as Float64Array;
    return value <= NONE * columns.reduce((sum, own, c) => sum + own * (v[c] as number) ** 2, 0);
  });
  if (none < 0) return;
  throw new DataError(
    `${where}: the training examples have no variance along component ${none + 1} of ${k}, which whitening would divide by; take ${none > 0 ? `k: ${none}, or ` : ""}eps: 1e-5`,
  );
}

/** Coordinates along the components: (x - mean) . component, divided by `spread`. */
export function along(rows: Rows, { mean, components }: Statistics, spread: (component: number) => number): Rows {
  const { count, width, data } = rows;
  const [m, u] = [mean as Float64Array, components as Float64Array];
  const k = u.length / width;
  const out = new Float64Array(count * k);
  const row = new Float64Array(width);
  const factors = Float64Array.from({ length: k }, (_, i) => 1 / spread(i));
  for (let r = 0; r < count; r++) {
    for (let c = 0; c < width; c++) row[c] = (data[r * width + c] as number) - (m[c] as number);
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let c = 0; c < width; c++) sum += (row[c] as number) * (u[i * width + c] as number);
      out[r * k + i] = sum * (factors[i] as number);
    }
  }
  return { count, width: k, data: out };
}

/** The rows that have these coordinates; what lay outside the components is their mean. */
export function back(
  rows: Rows,
  { mean, components }: Statistics,
  spread: (component: number) => number,
  centred = false,
): Rows {
  const { count, width: k, data } = rows;
  const [m, u] = [mean as Float64Array, components as Float64Array];
  const width = m.length;
  const out = new Float64Array(count * width);
  for (let r = 0; r < count; r++) {
    if (!centred) out.set(m, r * width);
    for (let i = 0; i < k; i++) {
      const x = (data[r * k + i] as number) * spread(i);
      for (let c = 0; c < width; c++)
        out[r * width + c] = (out[r * width + c] as number) + x * (u[i * width + c] as number);
    }
  }
  return { count, width, data: out };
}

/** `pc1`, `pc2` ...: the columns of coordinates along components. */
export const componentColumns = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `pc${i + 1}` }));
