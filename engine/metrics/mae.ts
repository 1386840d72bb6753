import { valueTarget } from "../losses/index.ts";
import { abs, sub, sum } from "../ops/index.ts";
import { defineMetric } from "./definition.ts";

export const mae = defineMetric({
  summary: "Mean absolute error over all elements.",
  params: {},
  better: "lower",
  batch: ({ output, target }) => ({
    sum: sum(abs(sub(output, valueTarget("mae", output, target)))),
    count: output.size,
  }),
});
