import { classTarget } from "../losses/index.ts";
import { argmax, cast, equal, sum } from "../ops/index.ts";
import { defineMetric } from "./definition.ts";

/** output [N, C, ...] scores, target [N, ...] class numbers. The first of equal scores wins. */
export const accuracy = defineMetric({
  summary: "Share of examples whose largest score is that of the right class.",
  params: {},
  better: "higher",
  batch: ({ output, target }) => {
    const classes = classTarget("accuracy", output, target);
    return { sum: sum(cast(equal(argmax(output, 1), classes), "f32")), count: classes.size };
  },
});
