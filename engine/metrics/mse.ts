import { valueTarget } from "../losses/index.ts";
import { constant, square, sub, sum } from "../ops/index.ts";
import { defineMetric, one } from "./definition.ts";

export const mse = defineMetric({
  summary: "Mean squared error over all elements.",
  params: {},
  better: "lower",
  batch: ({ output, target }) => ({
    sum: sum(square(sub(output, valueTarget("mse", output, target)))),
    count: constant(output.size),
  }),
  value: (sums) => one(sums, "sum") / one(sums, "count"),
});
