import { tablesOf } from "./averages.ts";
import { countsOf, decisionParams } from "./decisions.ts";
import { defineMetric, one } from "./definition.ts";

/**
 * output [N, C, ...] or [N, ..., C] scores and target [N, ...] class numbers, of equal scores the first wins; or a yes or no for each output,
 * of which every decision counts: exactMatch asks for all labels of an example.
 */
export const accuracy = defineMetric({
  summary: "Share of examples whose largest score is that of the right class, or of decisions that are right.",
  params: decisionParams,
  better: "higher",
  batch: (scored, options) => countsOf("accuracy", scored, options),
  value: (sums) => {
    const total = (key: "tp" | "tn") => tablesOf(sums).reduce((n, t) => n + t[key], 0);
    const all = one(sums, "all");
    return one(sums, "labels") > 0 ? (total("tp") + total("tn")) / (all * (sums.hit?.length ?? 1)) : total("tp") / all;
  },
});
