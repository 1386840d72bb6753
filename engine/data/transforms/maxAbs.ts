import { collecting, orOne, tiny } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";
import { Extremes } from "./extremes.ts";
import { scaled } from "./scaled.ts";

/** x / max |x| per column, of the training examples: zeros stay zeros. */
export const maxAbs = defineTransform({
  summary: "Every column divided by the training examples' largest absolute value: zeros stay zeros.",
  paper: "scikit-learn's MaxAbsScaler",
  params: { columns: columnsParam },
  of: "numbers",
  collect: ({ columns }) => {
    const ends = new Extremes(columns.length);
    return collecting(
      (rows) => ends.add(rows),
      () => {
        const largest = ends.high.map((h, c) => Math.max(Math.abs(h), Math.abs(ends.low[c] as number)));
        return { middle: largest.map(() => 0), spread: orOne(largest, tiny) };
      },
    );
  },
  ...scaled,
});
