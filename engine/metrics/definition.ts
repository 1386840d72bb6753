import type { Tensor } from "../ops/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";

/** What is measured beside the loss: a mean over examples, exact over a whole set as sum of sums / sum of counts. */
export interface MetricDefinition<P extends Params = Params> extends Definition<P> {
  readonly better: "higher" | "lower";
  /** Sum (f32 scalar) and count of one batch. Throws ShapeError when target does not fit output. */
  batch(
    prediction: { readonly output: Tensor; readonly target: Tensor },
    options: Checked<P>,
  ): { readonly sum: Tensor; readonly count: number | Tensor };
}

export type Metric = Instance<MetricDefinition>;

/** Declares a metric. Its name is the one it is exported under in all.ts. */
export function defineMetric<const P extends Params>(definition: MetricDefinition<P>): MetricDefinition<P> {
  return definition;
}
