import { valueTarget } from "../losses/index.ts";
import { constant, div, maximum, mul, sqrt, square, sum } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineMetric, one } from "./definition.ts";

/** output and target [N, ..., D]: x y / (max(|x|, eps) max(|y|, eps)), averaged. */
export const cosineSimilarity = defineMetric({
  summary: "Mean cosine of the angle between output and target along the last axis.",
  params: { eps: num(1e-8, "(0, inf)", "Least length that is divided by.") },
  better: "higher",
  batch: ({ output, target }, { eps }) => {
    const y = valueTarget("cosineSimilarity", output, target);
    const length = (t: typeof y) => maximum(sqrt(sum(square(t), -1)), eps);
    const cosine = div(sum(mul(output, y), -1), mul(length(output), length(y)));
    return { sum: sum(cosine), count: constant(cosine.size) };
  },
  value: (sums) => one(sums, "sum") / one(sums, "count"),
});
