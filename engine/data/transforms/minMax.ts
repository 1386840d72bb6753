import { ConfigError } from "../../errors/index.ts";
import { bool, nums } from "../../params/index.ts";
import { collecting, orOne, tiny } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";
import { Extremes } from "./extremes.ts";
import { scaled } from "./scaled.ts";

/**
 *   low + (x - min) (high - low) / (max - min) per column, min and max of the training examples
 *
 * Other examples may leave the range unless `clip` is set; a constant column becomes `low`.
 */
export const minMax = defineTransform({
  summary: "Every column to a range, 0 to 1, by the training examples' smallest and largest values.",
  paper: "scikit-learn's MinMaxScaler",
  params: {
    range: nums([0, 1], "(-inf, inf)", "What smallest and largest value become."),
    clip: bool(false, "Whether values of other examples beyond the range become its ends."),
    columns: columnsParam,
  },
  of: "numbers",
  validate: ({ range: [low, high] }) => {
    if (low < high) return;
    throw new ConfigError(`minMax: range = [${low}, ${high}] must rise; swap its ends`);
  },
  collect: ({ columns }, { range: [low, high] }) => {
    const ends = new Extremes(columns.length);
    return collecting(
      (rows) => ends.add(rows),
      () => {
        const spread = orOne(
          ends.high.map((h, c) => h - (ends.low[c] as number)),
          tiny,
        ).map((s) => s / (high - low));
        const middle = ends.low.map((l, c) => l - low * (spread[c] as number));
        return { middle, spread, min: ends.low, max: ends.high };
      },
    );
  },
  each: (width, statistics, { clip, range: [low, high] }) => {
    const plain = scaled.each(width, statistics);
    if (!clip) return plain;
    const clipped = (x: number) => (x < low ? low : x > high ? high : x); // not Math.min: a missing value stays one
    return { ...plain, change: (x, c) => clipped(plain.change(x, c)) }; // what was clipped stays so when undone
  },
});
