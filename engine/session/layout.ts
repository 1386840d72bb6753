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

/** The words between tensors are 0 and stay 0: nothing writes them. */
export function layoutOf(tensors: readonly { name: string; shape: Shape; dtype?: DType }[]): Layout {
  let words = 0;
  const slices = tensors.map(({ name, shape, dtype = "f32" }): Slice => {
    const size = sizeOf(shape);
    const slice = { name, shape, dtype, offset: words, size };
    words += Math.ceil(size / 4) * 4;
    return slice;
  });
  return { words: Math.max(4, words), slices };
}
