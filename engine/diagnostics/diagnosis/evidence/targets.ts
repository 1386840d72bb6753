import type { Dataset } from "../../../data/index.ts";
import { HostTensor } from "../../../tensor/index.ts";

/** Mean and population deviation over all values of the targets. */
export interface TargetFacts {
  readonly mean: number;
  readonly std: number;
}

/** Null for classes. */
export function targetFacts({ task, y }: Dataset): TargetFacts | null {
  if (task !== "regression") return null;
  let [mean, square] = [0, 0];
  for (const v of y.data) mean += v / y.size;
  for (const v of y.data) square += (v - mean) ** 2 / y.size;
  return { mean, std: Math.sqrt(square) };
}

/**
 * Targets far from what outputs begin at, near 0 with a deviation below 1: a mean over 3 deviations off, or a deviation ten times too
 * large or small, as for features.
 */
export const oddTargets = ({ mean, std }: TargetFacts): boolean =>
  std > 0 && (Math.abs(mean) > 3 * std || std > 10 || std < 0.1);

/** The same examples with targets of mean 0 and deviation 1. */
export function standardizedTargets(set: Dataset, { mean, std }: TargetFacts): Dataset {
  const data = Float32Array.from(set.y.data, (v) => (v - mean) / std);
  return set.with({ y: new HostTensor(set.y.shape, "f32", data) });
}
