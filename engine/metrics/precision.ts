import { averageOf, averageParams, share } from "./averages.ts";
import { countsOf } from "./decisions.ts";
import { defineMetric } from "./definition.ts";

export const precision = defineMetric({
  summary: "Share of what was said to be of a class that is of it: TP / (TP + FP).",
  params: averageParams,
  better: "higher",
  batch: (scored, options) => countsOf("precision", scored, options),
  value: (sums, options) => averageOf("precision", sums, options, ({ tp, fp }) => share(tp, tp + fp)),
});
