import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import type { Tensor } from "../../ops/index.ts";
import { buildPlan } from "../../plan/index.ts";
import type { DeviceModel } from "../../session/device.ts";
import { evaluationBatch } from "../../session/evaluationBatches.ts";
import { type Pass, pass, passBuffers } from "../../session/forward.ts";
import { type Shape, viewAs } from "../../tensor/index.ts";
import { Progress } from "../showing.ts";
import type { Subject } from "../subject.ts";

/** One number per example and place of a tensor, row-major: shape [N, ...]. */
export interface Outputs {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** What the model makes of all examples of a set, in evaluation mode, in their order. Throws Interrupted. */
export async function outputsOf(subject: Subject, set: Dataset, context: RunContext): Promise<Outputs> {
  return await subject.onDevice(context, async (device) => {
    const [found] = await collect(device, set, context, "outputs", ({ output }) => [output]);
    return found as Outputs;
  });
}

/**
 * Tensors of the pass over all examples of a set, each [batch, ...] f32, put together to [N, ...]. `key` tells what
 * `pick` takes from other picks.
 */
export async function collect(
  device: DeviceModel,
  set: Dataset,
  context: RunContext,
  key: string,
  pick: (forward: Pass) => readonly Tensor[],
): Promise<Outputs[]> {
  const data = device.upload(`evaluated ${key}`, set);
  const progress = new Progress(context, { total: data.count, unit: "examples", message: "evaluating" });
  let found: { shape: Shape; data: Float32Array }[] = [];
  const most = evaluationBatch(device.config.model);
  for (let from = 0; from < data.count; from += most) {
    progress.check(from);
    const batch = Math.min(most, data.count - from);
    const buffer = (i: number) => `kept ${key} ${i}, ${batch}`;
    const program = await device.program(`${key} ${batch}`, (maxBuffersPerLaunch) => {
      const forward = pass(device.config, data, batch, { training: false, ordered: false });
      const values = pick(forward);
      if (found.length === 0) {
        found = values.map(({ shape, size }) => ({
          shape: [data.count, ...shape.slice(1)],
          data: new Float32Array((size / batch) * data.count),
        }));
      }
      return buildPlan({
        label: `${key} of ${batch} examples`,
        buffers: {
          ...passBuffers(device.config, data),
          ...Object.fromEntries(values.map(({ size }, i) => [buffer(i), size])),
        },
        inputs: forward.places,
        stages: [{ stores: values.map((value, i) => ({ value, buffer: buffer(i), offset: 0 })) }],
        maxBuffersPerLaunch,
      });
    });
    await program.run([{ hyper: {}, cursor: from, noiseSeed: 0, noiseStep: 0 }]);
    for (const [i, { data: all }] of found.entries()) {
      const values = viewAs("f32", await device.read(buffer(i))) as Float32Array;
      const row = all.length / data.count;
      all.set(values.subarray(0, batch * row), from * row);
    }
  }
  return found;
}
