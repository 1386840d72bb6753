import type { Gives } from "../../../engine/losses/index.ts";
import type { Metric, Sums } from "../../../engine/metrics/index.ts";
import { evaluate, input, type Values } from "../../../engine/ops/index.ts";

/** The numbers of one batch. */
export function batchOf(
  { definition, options }: Metric,
  output: Values,
  target: Values,
  gives: Gives = "scores",
): Sums {
  const tensors = { output: input("output", output.shape), target: input("target", target.shape, target.dtype) };
  const numbers = definition.batch({ ...tensors, gives }, options);
  const values = evaluate(Object.values(numbers), { output, target });
  return Object.fromEntries(Object.keys(numbers).map((name, i) => [name, values[i]?.data as Float64Array]));
}

/** A metric of a set that is one batch. */
export const measure = (metric: Metric, output: Values, target: Values, gives: Gives = "scores"): number =>
  metric.definition.value(batchOf(metric, output, target, gives), metric.options);
