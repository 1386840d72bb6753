import { tablesOf } from "./averages.ts";
import { countsOf, decisionParams } from "./decisions.ts";
import { defineMetric, one } from "./definition.ts";

/** As scikit-learn's; of labels each has a yes and a no, and the mean is over the labels. */
export const balancedAccuracy = defineMetric({
  summary: "Mean over the classes of the share that was found, so that a rare class counts as much as a common one.",
  paper: "Brodersen, Ong, Stephan & Buhmann 2010, The balanced accuracy and its posterior distribution",
  params: decisionParams,
  better: "higher",
  batch: (scored, options) => countsOf("balancedAccuracy", scored, options),
  value: (sums) => {
    const mean = (values: readonly number[]) => {
      const known = values.filter((v) => !Number.isNaN(v));
      return known.reduce((a, b) => a + b, 0) / known.length;
    };
    const tables = tablesOf(sums);
    if (one(sums, "labels") === 0) return mean(tables.map(({ tp, fn }) => tp / (tp + fn)));
    return mean(tables.map(({ tp, fn, tn, fp }) => mean([tp / (tp + fn), tn / (tn + fp)])));
  },
});
