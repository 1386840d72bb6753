import { WORD_BYTES } from "../../tensor/index.ts";
import type { Axes } from "../axes.ts";
import type { View } from "../launch.ts";

/**
 * Something that moves evenly over the iteration space: the address of a view (steps in bytes, base from the launch's
 * descriptor), or the value of an `index` instruction (base is its offset).
 */
export interface Cursor {
  readonly base: number;
  readonly isIndex: boolean;
  /** Over the launch's axes as they were given. */
  readonly steps: readonly number[];
}

/** Where a view's buffer starts: word `i` of a launch's descriptor is the byte address of `places[i]`. */
export interface Place {
  readonly buffer: number;
  readonly offset: number;
}

/** Collects the cursors of a launch; equal views share one. */
export class Cursors {
  readonly all: Cursor[] = [];
  readonly places: Place[] = [];
  readonly #known = new Map<string, number>();

  view(view: View, strides = view.strides): number {
    return this.#add(`${view.buffer}:${view.offset}:${strides}`, () => {
      this.places.push({ buffer: view.buffer, offset: view.offset });
      return { base: this.places.length - 1, isIndex: false, steps: strides.map((s) => s * WORD_BYTES) };
    });
  }

  index(offset: number, strides: readonly number[]): number {
    return this.#add(`i:${offset}:${strides}`, () => ({ base: offset, isIndex: true, steps: strides }));
  }

  #add(key: string, make: () => Cursor): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.all.push(make());
    this.#known.set(key, this.all.length - 1);
    return this.all.length - 1;
  }
}

/** How a cursor moves along the vectorized axis: from lane to lane, and from one block of four elements to the next. */
export interface Stride {
  readonly lanes: readonly [number, number, number, number];
  readonly block: number;
}

export const evenStride = (step: number): Stride => ({ lanes: [0, step, 2 * step, 3 * step], block: 4 * step });
export const STILL = evenStride(0);

/** The axis whose neighbours share a vector: its length, and the stride of every cursor. */
export interface VectorAxis {
  readonly length: number;
  readonly strides: readonly Stride[];
}

/**
 * Makes the last axis the vectorized one. A last axis of 2 or 4 is too short alone: it is taken together with the one
 * before, even where the two cannot merge (as when 2 x 2 windows are filled from one value each).
 */
export function vectorize({ shape, steps }: Axes): { rows: Axes; vector: VectorAxis } {
  const length = shape.at(-1) ?? 1;
  const before = shape.at(-2) ?? 1;
  const paired = (length === 2 || length === 4) && before > 1;
  const rank = shape.length - (paired ? 2 : 1);
  return {
    rows: { shape: shape.slice(0, Math.max(rank, 0)), steps: steps.map((s) => s.slice(0, Math.max(rank, 0))) },
    vector: {
      length: paired ? length * before : length,
      strides: steps.map((s) => {
        const step = s.at(-1) ?? 0;
        if (!paired) return evenStride(step);
        const outer = s.at(-2) as number;
        if (length === 4) return { lanes: evenStride(step).lanes, block: outer };
        return { lanes: [0, step, outer, outer + step], block: 2 * outer };
      }),
    },
  };
}
