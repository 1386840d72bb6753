import { bool, num } from "../../params/index.ts";
import { along, back, componentColumns, keptOf, kParam, requireVariance, statisticsOf } from "./axes.ts";
import { collecting } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { Covariance } from "./covariance.ts";
import { defineTransform, type Statistics } from "./definition.ts";

/** sqrt(variance + eps), or 1 where coordinates keep their scale. */
const spreadOf =
  ({ variance }: Statistics, { whiten, eps }: { whiten: boolean; eps: number }) =>
  (i: number) =>
    whiten ? Math.sqrt((variance?.[i] as number) + eps) : 1;

/**
 *   z = (x - mean) U, U [columns, k] the directions of most variance of the training examples; over sqrt(variance + eps) if whitened
 *
 * As scikit-learn's PCA: variances are divided by N - 1 and eps is 0; for the decks' form see `whiten`. The sign of a component is
 * free: here its largest element is positive. Throws DataError when whitening would divide by no variance, ConfigError for a k above
 * the columns or the training examples.
 */
export const pca = defineTransform({
  summary: "Coordinates along the directions in which the training examples vary most; uncorrelated, the first k kept.",
  paper: "Pearson 1901, Philosophical Magazine 2(11); scikit-learn's PCA",
  params: {
    k: kParam,
    whiten: bool(false, "Whether every coordinate is divided by its deviation."),
    eps: num(0, "[0, inf)", "Added to a variance within the root."),
    columns: columnsParam,
  },
  of: "numbers",
  anew: true,
  collect: ({ columns }, { k, whiten, eps }) => {
    const covariance = new Covariance("pca", columns.length);
    return collecting(
      (rows) => covariance.add(rows),
      () => {
        const axes = covariance.axes(1);
        const kept = keptOf("pca", k, axes);
        if (whiten) requireVariance("pca", axes, kept, eps);
        return statisticsOf(axes, kept);
      },
    );
  },
  apply: (rows, statistics, options) => along(rows, statistics, spreadOf(statistics, options)),
  invert: (rows, statistics, options) => back(rows, statistics, spreadOf(statistics, options)),
  columns: (_, { variance }) => componentColumns((variance as Float64Array).length),
});
