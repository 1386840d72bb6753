import type { Tensor } from "../ops/index.ts";

/** A length: a number, or `times` the number of examples plus `plus`. */
export type Extent = number | { readonly times: number; readonly plus: number };

/** A node of a model's graph as it is for two numbers of examples: what differs tells what depends on them. */
export interface Twin {
  readonly small: Tensor;
  readonly large: Tensor;
}

/** Numbers of examples that graphs are compared for. */
export interface Batches {
  readonly small: number;
  readonly large: number;
}

/** The length that is `a` for the small batch and `b` for the large one; undefined when it is no line between them. */
export function extentOf(a: number, b: number, { small, large }: Batches): Extent | undefined {
  if (a === b) return a;
  const times = (b - a) / (large - small);
  const plus = a - times * small;
  return Number.isInteger(times) && Number.isInteger(plus) ? { times, plus } : undefined;
}

export const sameExtent = (a: Extent, b: Extent): boolean =>
  typeof a === "number" || typeof b === "number" ? a === b : a.times === b.times && a.plus === b.plus;

export const sameExtents = (a: readonly Extent[], b: readonly Extent[]): boolean =>
  a.length === b.length && a.every((d, i) => sameExtent(d, b[i] as Extent));

/** `batch`, `2 batch + 1`: the name of a length that depends on the number of examples. */
export function dimOf(extent: Extent): number | string {
  if (typeof extent === "number") return extent;
  const { times, plus } = extent;
  return `${times === 1 ? "batch" : `${times} batch`}${plus ? ` ${plus > 0 ? "+" : "-"} ${Math.abs(plus)}` : ""}`;
}

/** The shape that two give together, as NumPy broadcasts. */
export function broadcastExtents(a: readonly Extent[], b: readonly Extent[]): Extent[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const lead = long.length - short.length;
  return long.map((d, i) => (i < lead || short[i - lead] === 1 ? d : d === 1 ? (short[i - lead] as Extent) : d));
}
