import { collected, ranked, rankingParams } from "./collected.ts";
import { defineMetric } from "./definition.ts";
import { averagePrecision as exact } from "./exact/index.ts";

/** Keeps every score, so it is measured on validation and test data alone. The step sum, not trapezoids, as scikit-learn's. */
export const averagePrecision = defineMetric({
  summary: "Precision averaged over the recall that each threshold adds: the area under the precision-recall steps.",
  params: rankingParams,
  better: "higher",
  collects: true,
  batch: (scored, { dim }) => collected("averagePrecision", scored, dim),
  value: (sums, options) => ranked("averagePrecision", sums, options, exact),
});
