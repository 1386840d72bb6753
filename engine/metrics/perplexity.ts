import { classAxis, losses } from "../losses/index.ts";
import type { Tensor } from "../ops/index.ts";
import { instance, int, optional } from "../params/index.ts";
import { defineMetric, one } from "./definition.ts";

/** exp of the mean cross entropy over all places that count. */
export const perplexity = defineMetric({
  summary: "How many equally likely classes the model is as unsure as: e to the mean cross entropy.",
  params: {
    dim: classAxis,
    ignoreIndex: optional(int(0, "(-inf, inf)", "Class number whose places do not count, such as padding.")),
  },
  better: "lower",
  batch: ({ output, target, gives }, { dim, ignoreIndex }) => {
    const type = gives === "logProbabilities" ? "nll" : "crossEntropy";
    const { definition, options } = instance(type, losses[type], { dim, ignoreIndex });
    const [total, count] = definition.sums({ output, target }, options as never) as [Tensor, Tensor];
    return { sum: total, count };
  },
  value: (sums) => Math.exp(one(sums, "sum") / one(sums, "count")),
});
