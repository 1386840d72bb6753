import { ConfigError } from "../errors/index.ts";
import { classAxis, classTarget } from "../losses/index.ts";
import {
  and,
  broadcastTo,
  cast,
  constant,
  equal,
  greater,
  iota,
  less,
  or,
  reshape,
  select,
  sum,
} from "../ops/index.ts";
import { int, required } from "../params/index.ts";
import { defineMetric, one } from "./definition.ts";

/** Of equal scores the first classes win, so that topK(1) is the accuracy. */
export const topK = defineMetric({
  summary: "Share of examples whose right class is among the k highest scores.",
  params: { k: int(required, "[1, inf)", "How many classes may be said."), dim: classAxis },
  positional: "k",
  better: "higher",
  batch: ({ output, target }, { k, dim }) => {
    const { classes, axis } = classTarget("topK", output, target, dim);
    const { shape } = output;
    const scores = shape[axis] as number;
    if (k > scores)
      throw new ConfigError(`topK: k = ${k} is more than the ${scores} classes that there are scores for`, {
        fault: { kind: "range", option: "k", range: `[1, ${scores}]` },
      });
    const all = broadcastTo(reshape(classes, shape.with(axis, 1)), shape);
    const number = iota(shape, axis);
    const own = broadcastTo(sum(select(equal(number, all), output, 0), axis, { keepdims: true }), shape);
    const ahead = or(greater(output, own), and(equal(output, own), less(number, all)));
    const right = less(sum(cast(ahead, "f32"), axis), k);
    return { right: sum(cast(right, "f32")), all: constant(classes.size) };
  },
  value: (sums) => one(sums, "right") / one(sums, "all"),
});
