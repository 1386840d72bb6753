import { averageOf, averageParams, share } from "./averages.ts";
import { countsOf } from "./decisions.ts";
import { defineMetric } from "./definition.ts";

export const specificity = defineMetric({
  summary: "Share of what is not of a class that was not said to be: TN / (TN + FP).",
  params: averageParams,
  better: "higher",
  batch: (scored, options) => countsOf("specificity", scored, options),
  value: (sums, options) => averageOf("specificity", sums, options, ({ tn, fp }) => share(tn, tn + fp)),
});
