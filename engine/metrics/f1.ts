import { averageOf, averageParams, share } from "./averages.ts";
import { countsOf } from "./decisions.ts";
import { defineMetric } from "./definition.ts";

/** macro F1 is the mean of F1s, as scikit-learn's. */
export const f1 = defineMetric({
  summary: "Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).",
  params: averageParams,
  better: "higher",
  batch: (scored, options) => countsOf("f1", scored, options),
  value: (sums, options) => averageOf("f1", sums, options, ({ tp, fp, fn }) => share(2 * tp, 2 * tp + fp + fn)),
});
