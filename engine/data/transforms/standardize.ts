import { bool } from "../../params/index.ts";
import { collecting, Moments, orOne } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";
import { scaled } from "./scaled.ts";

/**
 *   (x - mean) / std per column, mean and population deviation (divided by N, as scikit-learn's) of the training examples
 *
 * A constant column is only moved: its deviation counts as 1.
 */
export const standardize = defineTransform({
  summary: "Every column to mean 0 and deviation 1, by the training examples' figures.",
  paper: "LeCun, Bottou, Orr & Mueller 1998, Efficient BackProp, section 4.3; scikit-learn's StandardScaler",
  params: {
    withMean: bool(true, "Whether the mean is taken away."),
    withStd: bool(true, "Whether it is divided by the deviation."),
    columns: columnsParam,
  },
  of: "numbers",
  collect: ({ columns }, { withMean, withStd }) => {
    const moments = new Moments(columns.length);
    return collecting(
      (rows) => moments.add(rows),
      () => {
        const { mean, variance, counts } = moments;
        // scikit-learn's bound of what rounding leaves of a constant's variance
        const none = (_: number, c: number) => {
          const [n, v, m] = [counts[c] as number, variance[c] as number, mean[c] as number];
          return v <= n * Number.EPSILON * v + (n * m * Number.EPSILON) ** 2;
        };
        return {
          middle: withMean ? mean : mean.map(() => 0),
          spread: withStd ? orOne(variance.map(Math.sqrt), none) : mean.map(() => 1),
          variance,
        };
      },
    );
  },
  ...scaled,
});
