import { num, required } from "../params/index.ts";
import { averageOf, averageParams, share } from "./averages.ts";
import { countsOf } from "./decisions.ts";
import { defineMetric } from "./definition.ts";

export const fBeta = defineMetric({
  summary: "Precision and recall as one, recall counting beta times as much.",
  paper: "van Rijsbergen 1979, Information Retrieval, chapter 7",
  params: {
    beta: num(required, "(0, inf)", "How much more recall counts: 2 for twice, 0.5 for half."),
    ...averageParams,
  },
  positional: "beta",
  better: "higher",
  batch: (scored, options) => countsOf("fBeta", scored, options),
  value: (sums, { beta, ...options }) => {
    const b = beta * beta;
    return averageOf("fBeta", sums, options, ({ tp, fp, fn }) => share((1 + b) * tp, (1 + b) * tp + b * fn + fp));
  },
});
