import { sizeOf } from "../tensor/index.ts";
import type { SizedModel } from "./model.ts";

/** Examples of one evaluation batch at most: enough to keep the device busy. */
const MOST_EXAMPLES = 256;
/** Words that the outputs of all layers take for one batch at most, 256 MiB: attention over long sequences needs many. */
const MOST_WORDS = 2 ** 26;

/** Examples of one batch of an evaluation or a prediction, or as many as are wanted and fit. */
export function evaluationBatch({ declaration }: SizedModel, wanted = MOST_EXAMPLES): number {
  const words = declaration.layers.reduce((sum, { outputShape }) => sum + sizeOf(outputShape.slice(1)), 0);
  return Math.min(wanted, Math.max(1, Math.floor(MOST_WORDS / words)));
}

/** All of `examples`, as `count` batches of so many examples each, from example `first` on. */
export function evaluationBatches(
  model: SizedModel,
  examples: number,
): { batch: number; first: number; count: number }[] {
  const most = evaluationBatch(model);
  const whole = Math.floor(examples / most);
  return [
    { batch: most, first: 0, count: whole },
    { batch: examples % most, first: whole * most, count: 1 },
  ].filter(({ batch, count }) => batch > 0 && count > 0);
}
