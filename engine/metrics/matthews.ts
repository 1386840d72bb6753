import { tablesOf } from "./averages.ts";
import { countsOf, decisionParams } from "./decisions.ts";
import { defineMetric, one } from "./definition.ts";

/** Of labels the mean of their correlations; 0 where truth or prediction is one class only. */
export const matthews = defineMetric({
  summary: "Correlation of said and true classes, between -1 and 1; 0 is chance.",
  paper: "Gorodkin 2004, Comparing two K-category assignments by a K-category correlation coefficient",
  params: decisionParams,
  better: "higher",
  batch: (scored, options) => countsOf("matthews", scored, options),
  value: (sums) => {
    const tables = tablesOf(sums);
    const root = (spread: number, covariance: number) => (spread === 0 ? 0 : covariance / Math.sqrt(spread));
    if (one(sums, "labels") > 0) {
      const each = tables.map(({ tp, fp, fn, tn }) =>
        root((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn), tp * tn - fp * fn),
      );
      return each.reduce((a, b) => a + b, 0) / each.length;
    }
    const all = one(sums, "all");
    const total = (of: (said: number, truth: number, hit: number) => number) =>
      tables.reduce((n, { tp, fp, fn }) => n + of(tp + fp, tp + fn, tp), 0);
    const spread = (all ** 2 - total((said) => said ** 2)) * (all ** 2 - total((_, truth) => truth ** 2));
    return root(spread, all * total((_, __, hit) => hit) - total((said, truth) => said * truth));
  },
});
