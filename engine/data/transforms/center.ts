import { collecting, Moments } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";
import { scaled } from "./scaled.ts";

/** x - mean of the training examples, per column. */
export const center = defineTransform({
  summary: "Takes the training examples' mean away from every column.",
  params: { columns: columnsParam },
  of: "numbers",
  collect: ({ columns }) => {
    const moments = new Moments(columns.length);
    return collecting(
      (rows) => moments.add(rows),
      () => ({ middle: moments.mean, spread: new Float64Array(columns.length).fill(1) }),
    );
  },
  ...scaled,
});
