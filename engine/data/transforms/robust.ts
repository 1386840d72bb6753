import { ConfigError } from "../../errors/index.ts";
import { normalQuantile } from "../../init/truncated.ts";
import { bool, nums } from "../../params/index.ts";
import { collecting, orOne, quantile, tiny, Values } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";

import { scaled } from "./scaled.ts";

/**
 *   (x - median) / (Q(high) - Q(low)) per column, quantiles of the training examples, linear between neighbours
 *
 * The quartiles unless `quantileRange` says otherwise; a column without spread between them is only moved.
 */
export const robust = defineTransform({
  summary: "Every column by median and quartiles of the training examples: outliers do not squeeze the rest.",
  paper: "scikit-learn's RobustScaler",
  params: {
    withCentering: bool(true, "Whether the median is taken away."),
    withScaling: bool(true, "Whether it is divided by the range between the quantiles."),
    quantileRange: nums([25, 75], "[0, 100]", "Lower and upper quantile, per cent."),
    unitVariance: bool(false, "Divides so that normally distributed values get variance 1."),
    columns: columnsParam,
  },
  of: "numbers",
  validate: ({ quantileRange: [low, high], unitVariance }) => {
    if (unitVariance && (low === 0 || high === 100)) {
      throw new ConfigError(
        `robust: a normal distribution has no quantile ${low === 0 ? 0 : 100}; with unitVariance take quantileRange within (0, 100)`,
      );
    }
    if (low < high) return;
    throw new ConfigError(`robust: quantileRange = [${low}, ${high}] must rise; swap its ends`);
  },
  collect: ({ columns }, { withCentering, withScaling, quantileRange: [low, high], unitVariance }) => {
    const values = new Values(columns.length);
    return collecting(
      (rows) => values.add(rows),
      () => {
        const sorted = values.sorted();
        const per = (f: (column: Float64Array) => number) => Float64Array.from(sorted, f);
        const normal = unitVariance ? normalQuantile(high / 100) - normalQuantile(low / 100) : 1;
        const range = orOne(
          per((column) => quantile(column, high / 100) - quantile(column, low / 100)),
          tiny,
        ).map((r) => r / normal);
        return {
          middle: withCentering ? per((column) => quantile(column, 0.5)) : per(() => 0),
          spread: withScaling ? range : per(() => 1),
        };
      },
    );
  },
  ...scaled,
});
