import { addStatistics } from "../../session/averaged.ts";
import type { Layout } from "../../session/layout.ts";
import { viewAs } from "../../tensor/index.ts";
import type { Objective } from "../curvature/objective.ts";

/**
 * Running statistics that belong to the weights on the device, in place of those that are there: the plain average of the
 * statistics of each batch in training mode, as torch.optim.swa_utils.update_bn. `objective` gives the batches.
 */
export async function recomputeStatistics(objective: Objective): Promise<void> {
  const { device, data, batches } = objective;
  if (device.config.model.running.slices.length === 0) return;
  for (const [i, batch] of batches.entries()) await addStatistics(device, data, batch, i === 0);
}

/** to - from of running statistics, flat; 0 for counts, which do not move. */
export function betweenRunning({ words, slices }: Layout, from: Uint32Array, to: Uint32Array): Float32Array {
  const out = new Float32Array(words);
  const [a, b] = [viewAs("f32", from), viewAs("f32", to)];
  for (const { dtype, offset, size } of slices) {
    if (dtype !== "f32") continue;
    for (let i = offset; i < offset + size; i++) out[i] = (b[i] as number) - (a[i] as number);
  }
  return out;
}
