import type { Backend } from "../../engine/backends/backend.ts";
import { launchCost } from "../../engine/backends/cost.ts";
import type { Experiment } from "../../engine/session/index.ts";
import { trainingStep } from "../../engine/session/step.ts";
import type { PlanFigures } from "../protocol.ts";

/** What a training step of the experiment is made of. */
export function figuresOf(backend: Backend, { config, splits, options }: Experiment): PlanFigures {
  const { x, y, size: count } = splits.train;
  const part = (t: typeof x) => ({ shape: t.shape.slice(1), dtype: t.dtype });
  const data = { name: "train", count, x: part(x), y: part(y) };
  const { plan } = trainingStep(config, data, options.batchSize, backend.maxBuffersPerLaunch);
  const costs = plan.launches.map((launch) => launchCost(launch, plan.buffers));
  return {
    launches: costs.length,
    flops: costs.reduce((sum, { flops }) => sum + flops, 0),
    bytes: costs.reduce((sum, { readBytes, writeBytes }) => sum + readBytes + writeBytes, 0),
  };
}
