import { tablesOf } from "./averages.ts";
import { countsOf, decisionParams } from "./decisions.ts";
import { defineMetric, one } from "./definition.ts";

/** Of labels the mean of their agreements. NaN when chance alone explains everything. */
export const kappa = defineMetric({
  summary: "Agreement of said and true classes beyond chance; 1 is complete, 0 is chance.",
  paper: "Cohen 1960, A coefficient of agreement for nominal scales",
  params: decisionParams,
  better: "higher",
  batch: (scored, options) => countsOf("kappa", scored, options),
  value: (sums) => {
    const tables = tablesOf(sums);
    const all = one(sums, "all");
    const beyond = (seen: number, chance: number) => (seen - chance) / (1 - chance);
    if (one(sums, "labels") === 0) {
      const seen = tables.reduce((n, { tp }) => n + tp, 0) / all;
      return beyond(
        seen,
        tables.reduce((n, { tp, fp, fn }) => n + ((tp + fp) * (tp + fn)) / all ** 2, 0),
      );
    }
    const each = tables.map(({ tp, fp, fn, tn }) =>
      beyond((tp + tn) / all, ((tp + fp) * (tp + fn) + (tn + fn) * (tn + fp)) / all ** 2),
    );
    return each.reduce((a, b) => a + b, 0) / each.length;
  },
});
