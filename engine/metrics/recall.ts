import { averageOf, averageParams, share } from "./averages.ts";
import { countsOf } from "./decisions.ts";
import { defineMetric } from "./definition.ts";

export const recall = defineMetric({
  summary: "Share of what is of a class that was said to be: TP / (TP + FN).",
  params: averageParams,
  better: "higher",
  batch: (scored, options) => countsOf("recall", scored, options),
  value: (sums, options) => averageOf("recall", sums, options, ({ tp, fn }) => share(tp, tp + fn)),
});
