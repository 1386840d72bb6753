import { collected, ranked, rankingParams } from "./collected.ts";
import { defineMetric } from "./definition.ts";
import { rocAuc } from "./exact/index.ts";

/** Keeps every score, so it is measured on validation and test data alone. Each class against the rest; a pair of classes has one area. */
export const auc = defineMetric({
  summary: "Area under the ROC curve: how often a positive example has the higher score, ties counted half.",
  paper: "Hanley & McNeil 1982, The meaning and use of the area under a ROC curve",
  params: rankingParams,
  better: "higher",
  collects: true,
  batch: (scored, { dim }) => collected("auc", scored, dim),
  value: (sums, options) => ranked("auc", sums, options, rocAuc),
});
