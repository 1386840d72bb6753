import { traceModel } from "../../nn/index.ts";
import * as ops from "../../ops/index.ts";
import { scalar, type Tensor } from "../../ops/index.ts";
import { type BuiltPlan, buildPlan } from "../../plan/index.ts";
import {
  bufferWords,
  CURSOR,
  type DeviceData,
  dataWords,
  examples,
  modelInputs,
  type StepConfig,
} from "../../session/forward.ts";
import type { Layout } from "../../session/layout.ts";
import { viewAs } from "../../tensor/index.ts";
import type { Objective } from "../curvature/objective.ts";

/**
 * Running statistics that belong to the weights on the device, in place of those that are there: the plain average of the
 * statistics of each batch in training mode, as torch.optim.swa_utils.update_bn. `objective` gives the batches.
 */
export async function recomputeStatistics(objective: Objective): Promise<void> {
  const { device, data, batches } = objective;
  const { running } = device.config.model;
  if (running.slices.length === 0) return;
  for (const [i, { batch, cursor, share }] of batches.entries()) {
    const program = await device.program(`statistics ${data.name} ${batch}`, (max) =>
      statisticsPlan(device.config, data, batch, max),
    );
    await program.run([objective.scalars(cursor, { share, kept: i === 0 ? 0 : 1 })]);
  }
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

/** Adds a batch's statistics, times its share, to the running ones; the first batch begins anew. */
function statisticsPlan(config: StepConfig, data: DeviceData, batch: number, maxBuffersPerLaunch: number): BuiltPlan {
  const { model } = config;
  const inputs = modelInputs(config);
  const rows = examples(data, "x", ops.add(ops.iota([batch], 0), scalar(CURSOR, "i32")), inputs.places);
  const updatesFrom = (value: number): Readonly<Record<string, Tensor>> =>
    traceModel(model.layer, rows, {
      parameters: inputs.parameters,
      buffers: Object.fromEntries(
        model.running.slices.map(({ name, shape, dtype }) => [
          name,
          ops.constant(dtype === "f32" ? value : 0, shape, dtype),
        ]),
      ),
      training: true,
      seed: ops.constant(0, [], "u32"),
      step: ops.constant(0, [], "u32"),
    }).bufferUpdates;
  // a layer keeps (1 - m) old + m new: from old = 0 and old = 1 follow m and the batch's own statistics
  const [zero, one] = [updatesFrom(0), updatesFrom(1)];
  const stores = model.running.slices.flatMap(({ name, dtype, offset }) => {
    const [from0, from1] = [zero[name], one[name]];
    if (dtype !== "f32" || !from0 || !from1) return [];
    const own = ops.div(from0, ops.sub(1, ops.sub(from1, from0)));
    const before = inputs.buffers[name] as Tensor;
    const kept = ops.select(
      ops.broadcastTo(ops.equal(scalar("kept"), 0), before.shape),
      ops.constant(0, before.shape),
      before,
    );
    return [{ value: ops.add(kept, ops.mul(own, scalar("share"))), buffer: "running", offset }];
  });
  return buildPlan({
    label: `statistics, batch ${batch}`,
    buffers: { ...bufferWords(config), ...dataWords(data) },
    inputs: inputs.places,
    stages: [{ stores }],
    maxBuffersPerLaunch,
  });
}
