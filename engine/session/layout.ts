import type { DType, Shape } from "../tensor/index.ts";
import { sizeOf } from "../tensor/index.ts";

/** One tensor of a flat buffer. */
export interface Slice {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** First word. */
  readonly offset: number;
  readonly size: number;
}

/** Tensors one after the other in one flat buffer, each on a multiple of four words so that vectors never straddle two. */
export interface Layout {
  readonly words: number;
  readonly slices: readonly Slice[];
}

/**
 * A slice for each tensor, in their order; in memory they lie in the order of `names` when that is given. The words between
 * tensors are 0 and stay 0: nothing writes them.
 */
export function layoutOf(
  tensors: readonly { name: string; shape: Shape; dtype?: DType }[],
  names: readonly string[] = tensors.map(({ name }) => name),
): Layout {
  let words = 0;
  const sizes = new Map(tensors.map(({ name, shape }) => [name, sizeOf(shape)]));
  const offsets = new Map<string, number>();
  for (const name of names) {
    offsets.set(name, words);
    words += Math.ceil((sizes.get(name) as number) / 4) * 4;
  }
  const slices = tensors.map(({ name, shape, dtype = "f32" }): Slice => {
    return { name, shape, dtype, offset: offsets.get(name) as number, size: sizes.get(name) as number };
  });
  return { words: Math.max(4, words), slices };
}

/** Words of one layout as they lie in another that has all of its tensors. */
export function relaid<T extends Float32Array | Uint32Array>(words: T, from: Layout, to: Layout): T {
  const places = new Map(from.slices.map((slice) => [slice.name, slice.offset]));
  const out = new (words.constructor as new (size: number) => T)(to.words);
  for (const { name, offset, size } of to.slices) {
    const at = places.get(name) as number;
    out.set(words.subarray(at, at + size), offset);
  }
  return out;
}
