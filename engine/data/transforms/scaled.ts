import { eachValue } from "./collectors.ts";
import type { Rows, Statistics } from "./definition.ts";

/** (x - middle) / spread of every column, and back: what the scalers have in common. */
export const scaled = {
  apply: (rows: Rows, { middle, spread }: Statistics): Rows =>
    eachValue(rows, (x, c) => (x - (middle?.[c] as number)) / (spread?.[c] as number)),
  invert: (rows: Rows, { middle, spread }: Statistics): Rows =>
    eachValue(rows, (x, c) => x * (spread?.[c] as number) + (middle?.[c] as number)),
};
