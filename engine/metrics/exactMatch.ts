import { cast, equal, max, mul, sub, sum } from "../ops/index.ts";
import { decisionParams, decisionsOf } from "./decisions.ts";
import { defineMetric, one } from "./definition.ts";

/** Subset accuracy, as scikit-learn's accuracy_score of several labels. */
export const exactMatch = defineMetric({
  summary: "Share of examples with every label right.",
  params: decisionParams,
  better: "higher",
  batch: (scored, options) => {
    const { said, truth, counted } = decisionsOf("exactMatch", scored, options);
    const wrong = max(cast(equal(said, sub(1, truth)), "f32"), 1);
    return { right: sum(mul(sub(1, wrong), counted)), all: sum(counted) };
  },
  value: (sums) => one(sums, "right") / one(sums, "all"),
});
