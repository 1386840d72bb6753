import type { Each, Statistics } from "./definition.ts";

/** (x - middle) / spread of every column, and back: what the scalers have in common. */
export const scaled = {
  each: (width: number, { middle, spread }: Statistics): Each => {
    const [m, s] = [middle as Float64Array, spread as Float64Array];
    return {
      groups: width,
      change: (x, c) => (x - (m[c] as number)) / (s[c] as number),
      invert: (x, c) => x * (s[c] as number) + (m[c] as number),
    };
  },
};
