import { DataError } from "../../errors/index.ts";
import { bool, choice, num } from "../../params/index.ts";
import { collecting, Moments, quantile, Values } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { type Collector, defineTransform, type Statistics } from "./definition.ts";

/**
 * Missing values of a column become its mean, its median or its most frequent value (the smallest of several) among the training
 * examples, or `fill`. With `indicator` a column of 0 and 1 is added for each that had missing values there.
 *
 * Throws DataError for a column without any value in the training examples, where there is nothing to fill in.
 */
export const impute = defineTransform({
  summary: "Fills in missing values by what the training examples say of their column.",
  paper: "Little & Rubin 2002, Statistical Analysis with Missing Data, chapter 4; scikit-learn's SimpleImputer",
  params: {
    strategy: choice("median", ["mean", "median", "mostFrequent", "constant"], "What is put in."),
    fill: num(0, "(-inf, inf)", "The value, when the strategy is constant."),
    indicator: bool(false, "Whether columns are added that say where values were missing."),
    columns: columnsParam,
  },
  of: "numbers",
  missing: true,
  collect: ({ columns }, { strategy, fill, indicator }): Collector => {
    const missing = new Float64Array(columns.length);
    const moments = new Moments(columns.length);
    const values = new Values(strategy === "median" || strategy === "mostFrequent" ? columns.length : 0);
    return collecting(
      (rows) => {
        for (let i = 0; i < rows.count * rows.width; i++) {
          if (Number.isNaN(rows.data[i])) missing[i % rows.width] = (missing[i % rows.width] as number) + 1;
        }
        moments.add(rows);
        if (strategy === "median" || strategy === "mostFrequent") values.add(rows);
      },
      () => {
        const empty = columns.find((_, c) => moments.counts[c] === 0);
        if (empty !== undefined && strategy !== "constant") {
          throw new DataError(
            `impute: column "${empty.name}" has no value in the training examples; leave it out with columns, or take strategy: "constant"`,
          );
        }
        const fills = {
          mean: () => moments.mean,
          median: () => Float64Array.from(values.sorted(), (column) => quantile(column, 0.5)),
          mostFrequent: () => Float64Array.from(values.sorted(), commonest),
          constant: () => new Float64Array(columns.length).fill(fill),
        }[strategy]();
        const flagged = Float64Array.from(missing.keys()).filter((c) => indicator && (missing[c] as number) > 0);
        return { fills, flagged };
      },
    );
  },
  apply: ({ count, width, data }, statistics) => {
    const { fills, flagged } = statistics as Learnt;
    const wide = width + flagged.length;
    const out = new Float64Array(count * wide);
    for (let r = 0; r < count; r++) {
      for (let c = 0; c < width; c++) {
        const x = data[r * width + c] as number;
        out[r * wide + c] = Number.isNaN(x) ? (fills[c] as number) : x;
      }
      for (const [k, c] of flagged.entries()) out[r * wide + width + k] = Number(Number.isNaN(data[r * width + c]));
    }
    return { count, width: wide, data: out };
  },
  columns: (columns, statistics) => {
    const { flagged } = statistics as Learnt;
    return [...columns, ...Array.from(flagged, (c) => ({ name: `${columns[c]?.name} missing` }))];
  },
});

interface Learnt extends Statistics {
  readonly fills: Float64Array;
  /** Columns that get an indicator. */
  readonly flagged: Float64Array;
}

/** The most frequent of ascending values, the first of several. */
function commonest(ascending: Float64Array): number {
  let [best, most] = [Number.NaN, 0];
  for (let i = 0; i < ascending.length; ) {
    let j = i;
    while (j < ascending.length && ascending[j] === ascending[i]) j++;
    if (j - i > most) [best, most] = [ascending[i] as number, j - i];
    i = j;
  }
  return best;
}
