import { normal, words } from "../../random/index.ts";
import type { Layout } from "../../session/layout.ts";

/** Streams of the random vectors: probes take one each from theirs on. */
export const START_STREAM = 0x5eed0100;
export const PROBE_STREAM = 0x5eed0200;

export type Vector = ArrayLike<number>;

export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export const length = (a: Vector): number => Math.sqrt(dot(a, a));

export const scaled = (a: Vector, by: number): Float64Array => Float64Array.from(a, (x) => x * by);

/** a + by b */
export const plus = (a: Vector, b: Vector, by = 1): Float64Array =>
  Float64Array.from(a, (x, i) => x + by * (b[i] as number));

/** Adds `by` b to a. */
export function addTo(a: Float64Array, b: Vector, by: number): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) + by * (b[i] as number);
}

/** Standard normal numbers for every parameter, 0 in the words between them. */
export function gaussian(layout: Layout, seed: number, stream: number): Float64Array {
  return spread(layout, normal(seed, stream, sizeOf(layout)));
}

/** +1 and -1 for every parameter. Hutchinson 1990. */
export function rademacher(layout: Layout, seed: number, stream: number): Float64Array {
  const bits = words(seed, stream, 0, sizeOf(layout));
  return spread(
    layout,
    Float64Array.from(bits, (word) => (word >>> 31 ? 1 : -1)),
  );
}

/** Numbers of the parameters: the flat vector has words between tensors that belong to none. */
export const sizeOf = ({ slices }: Layout): number => slices.reduce((n, { size }) => n + size, 0);

/** Numbers one after the other to where the flat vector has them. */
export function spread({ words: total, slices }: Layout, packed: Vector): Float64Array {
  const out = new Float64Array(total);
  let at = 0;
  for (const { offset, size } of slices) {
    for (let i = 0; i < size; i++) out[offset + i] = packed[at + i] as number;
    at += size;
  }
  return out;
}
