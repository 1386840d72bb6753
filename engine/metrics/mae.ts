import { valueTarget } from "../losses/index.ts";
import { abs, constant, sub, sum } from "../ops/index.ts";
import { defineMetric, one } from "./definition.ts";

export const mae = defineMetric({
  summary: "Mean absolute error over all elements.",
  params: {},
  better: "lower",
  batch: ({ output, target }) => ({
    sum: sum(abs(sub(output, valueTarget("mae", output, target)))),
    count: constant(output.size),
  }),
  value: (sums) => one(sums, "sum") / one(sums, "count"),
});
