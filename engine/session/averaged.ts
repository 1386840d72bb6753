import { countAt } from "../average/index.ts";
import { FileTensor, upTo } from "../data/index.ts";
import { traceModel } from "../nn/index.ts";
import * as ops from "../ops/index.ts";
import { scalar, type Tensor } from "../ops/index.ts";
import { type BuiltPlan, buildPlan } from "../plan/index.ts";
import type { HostTensor } from "../tensor/index.ts";
import type { DeviceModel, RunState } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { bufferWords, CURSOR, type DeviceData, dataWords, examples, modelInputs, type StepConfig } from "./forward.ts";
import type { Weights } from "./model.ts";

/** A batch in evaluation order: where it begins, and what part its statistics are of the average. */
export interface StatisticsBatch {
  readonly batch: number;
  readonly cursor: number;
  readonly share: number;
}

/**
 * The averaged weights of a run's state. Running statistics of the weights under way do not belong to them: those are
 * measured anew over the training examples, as torch.optim.swa_utils.update_bn. The device holds them afterwards.
 */
async function averagedWeights(device: DeviceModel, experiment: Experiment, state: RunState): Promise<Weights> {
  const parameters = state.parameters.slice();
  parameters.set(state.optimizer.average as Float32Array); // what is frozen lies behind it
  device.load({ parameters, running: state.running });
  if (device.config.model.running.slices.length === 0) return { parameters, running: state.running };
  const { splits, options } = experiment;
  const { x, y, size: count } = splits.train;
  const size = options.batchSize;
  const batches = (options.dropLast ? Math.floor : Math.ceil)(count / size);
  const inFile = x instanceof FileTensor;
  const data = inFile ? device.reserve("statistics", splits.train, size) : device.upload("train", splits.train);
  for (let i = 0; i < batches; i++) {
    const first = i * size;
    const batch = Math.min(size, count - first);
    if (inFile) {
      const rows = upTo(batch, first);
      device.fill(data, { x: (await x.read(rows)) as HostTensor, y: y.rows(rows) });
    }
    await addStatistics(device, data, { batch, cursor: inFile ? 0 : first, share: 1 / batches }, i === 0);
  }
  return { parameters, running: await device.read("running") };
}

/** What averaged weights come to on data sets, by the name of the set. */
export interface Averaged {
  readonly weights: Weights;
  readonly valid?: Readonly<Record<string, number>> | undefined;
  readonly test?: Readonly<Record<string, number>> | undefined;
}

/**
 * The averaged weights of a run's state and their figures on the sets that are given; undefined while none are averaged.
 * Afterwards the device holds the state's weights again.
 */
export async function measureAveraged(
  device: DeviceModel,
  experiment: Experiment,
  { state, step, stepsPerEpoch }: { state: RunState; step: number; stepsPerEpoch: number },
  parts: readonly ("valid" | "test")[],
): Promise<Averaged | undefined> {
  const { average } = experiment.options;
  if (!average || countAt(average, { step, stepsPerEpoch }) === 0) return undefined;
  try {
    const found: Record<string, Record<string, number>> = {};
    const weights = await averagedWeights(device, experiment, state);
    for (const part of parts) {
      const set = experiment.splits[part];
      const figures = set && (await device.evaluateSet(part, set));
      if (figures) found[part] = figures;
    }
    return { weights, ...found };
  } finally {
    device.load(state);
  }
}

/** Adds a batch's statistics in training mode, times its share, to the running ones on the device; the first begins anew. */
export async function addStatistics(
  device: DeviceModel,
  data: DeviceData,
  { batch, cursor, share }: StatisticsBatch,
  first: boolean,
): Promise<void> {
  const program = await device.program(`statistics ${data.name} ${batch}`, (max) =>
    statisticsPlan(device.config, data, batch, max),
  );
  await program.run([{ hyper: { share, kept: first ? 0 : 1 }, cursor, noiseSeed: 0, noiseStep: 1 }]);
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
