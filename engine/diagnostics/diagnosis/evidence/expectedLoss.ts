import type { Dataset } from "../../../data/index.ts";
import * as ops from "../../../ops/index.ts";
import type { StepConfig } from "../../../session/forward.ts";
import type { Shape } from "../../../tensor/index.ts";
import { evenly } from "./features.ts";

const EXAMPLES = 256;

/** What the loss is of a model that knows nothing yet, and in words where that comes from. */
export interface ExpectedLoss {
  readonly value: number;
  readonly from: string;
}

/**
 * The loss of an output of zeros, by the loss's own formula in f64: ln C for cross entropy over C classes, the mean square of the
 * targets for squared error. A loss of log-probabilities gets those of equal chances.
 */
export function expectedLoss(config: StepConfig, set: Dataset): ExpectedLoss {
  const { type, definition, options } = config.loss;
  const some = set.rows(evenly(set.size, EXAMPLES));
  const shape: Shape = [some.size, ...config.model.declaration.outputShape.slice(1)];
  const classes = (config.model.declaration.outputShape[1] ?? 1) as number;
  const logs = type === "nll";
  const output = ops.constant(logs ? -Math.log(classes) : 0, shape);
  const target = ops.input("y", some.y.shape, some.y.dtype);
  const loss = definition.compute({ output, target }, options);
  const values = { shape: some.y.shape, dtype: some.y.dtype, data: Float64Array.from(some.y.data) };
  const value = ops.evaluate([loss], { y: values })[0]?.data[0] as number;
  const chances = set.task === "classification" && Math.abs(value - Math.log(classes)) < 1e-6 * value;
  return { value, from: chances ? `ln ${classes}, equal chances for ${classes} classes` : "an output of 0" };
}
