import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Metric } from "./definition.ts";

export { isLabels } from "./decisions.ts";
export { betterOf, type Metric, type MetricDefinition, nameOf, type Sums } from "./definition.ts";
export { all as measures };

/** The metrics, as cells see them: `metrics.accuracy()`. */
export const metrics = library("metric", all);

export const isMetric = (given: unknown): given is Metric => isInstance(all, given);
