import { valueTarget } from "../losses/index.ts";
import { constant, square, sub, sum } from "../ops/index.ts";
import { defineMetric, one } from "./definition.ts";

export const rmse = defineMetric({
  summary: "Root of the mean squared error over all elements: in the unit of the targets.",
  params: {},
  better: "lower",
  batch: ({ output, target }) => ({
    sum: sum(square(sub(output, valueTarget("rmse", output, target)))),
    count: constant(output.size),
  }),
  value: (sums) => Math.sqrt(one(sums, "sum") / one(sums, "count")),
});
