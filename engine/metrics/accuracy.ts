import { classAxis, classTarget } from "../losses/index.ts";
import { argmax, cast, equal, sum } from "../ops/index.ts";
import { defineMetric } from "./definition.ts";

/** output [N, C, ...] or [N, ..., C] scores, target [N, ...] class numbers, each of which counts. The first of equal scores wins. */
export const accuracy = defineMetric({
  summary: "Share of examples whose largest score is that of the right class.",
  params: { dim: classAxis },
  better: "higher",
  batch: ({ output, target }, { dim }) => {
    const { classes, axis } = classTarget("accuracy", output, target, dim);
    return { sum: sum(cast(equal(argmax(output, axis), classes), "f32")), count: classes.size };
  },
});
