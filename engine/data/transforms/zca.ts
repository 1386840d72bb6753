import { num } from "../../params/index.ts";
import { along, back, requireVariance, statisticsOf } from "./axes.ts";
import { collecting } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { Covariance } from "./covariance.ts";
import { defineTransform, type Rows, type Statistics } from "./definition.ts";

/**
 *   Xzca = (x - mean) U diag(1 / sqrt(S + eps)) U^T: whitened, and rotated back
 *
 * Of all whitenings the one nearest to the data, so that whitened images are images still; it does not depend on the components'
 * signs. Variances are divided by N, as in `whiten`.
 */
export const zca = defineTransform({
  summary:
    "Whitened and rotated back: uncorrelated columns as near to the old ones as can be, so that images stay images.",
  paper:
    "Bell & Sejnowski 1997, Vision Research 37(23); Krizhevsky 2009, Learning Multiple Layers of Features, appendix A",
  params: {
    eps: num(1e-5, "[0, inf)", "Added to a variance within the root; for images about 0.1 of their variance."),
    columns: columnsParam,
  },
  of: "numbers",
  collect: ({ columns }, { eps }) => {
    const covariance = new Covariance("zca", columns.length);
    return collecting(
      (rows) => covariance.add(rows),
      () => {
        const axes = covariance.axes(0);
        requireVariance("zca", axes, axes.values.length, eps);
        return statisticsOf(axes, axes.values.length);
      },
    );
  },
  apply: (rows, statistics, { eps }) => back(along(rows, statistics, root(statistics, eps)), statistics, one, true),
  invert: (rows, statistics, { eps }) => {
    const { mean } = statistics as { mean: Float64Array };
    const centred: Rows = {
      ...rows,
      data: Float64Array.from(rows.data, (x, i) => x + (mean[i % rows.width] as number)),
    };
    return back(along(centred, statistics, one), statistics, root(statistics, eps));
  },
});

const one = () => 1;

const root =
  ({ variance }: Statistics, eps: number) =>
  (i: number) =>
    Math.sqrt((variance?.[i] as number) + eps);
