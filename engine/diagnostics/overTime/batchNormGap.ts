import type { RunContext } from "../../context/index.ts";
import { type Layer, nn } from "../../nn/index.ts";
import { instance } from "../../params/index.ts";
import { buildPlan } from "../../plan/index.ts";
import { DeviceModel } from "../../session/device.ts";
import type { Experiment } from "../../session/experiment.ts";
import { pass, passBuffers, type StepConfig } from "../../session/forward.ts";
import type { Weights } from "../../session/model.ts";

/** Loss of the same examples, normalized in two ways. */
export interface NormGap {
  /** With each batch's own statistics, and without dropout. */
  readonly batchLoss: number;
  /** With the running statistics, as in evaluation. */
  readonly runningLoss: number;
  /** Examples that both were measured on. */
  readonly examples: number;
}

/** Most batches of training examples that the gap is measured on. */
const BATCHES = 16;

const NOISE = new Set(["dropout", "alphaDropout"]);

/** The model without what draws random numbers in training, so that only batch norm differs between the modes. */
function withoutNoise(layer: Layer): Layer {
  if (NOISE.has(layer.type)) return nn.identity();
  const { layers } = layer.options as { layers?: Readonly<Record<string, Layer>> };
  if (layer.definition.container !== true || !layers) return layer;
  const calm = Object.fromEntries(Object.entries(layers).map(([name, child]) => [name, withoutNoise(child)]));
  return instance(layer.type, layer.definition, { ...layer.options, layers: calm });
}

/** Measures how far evaluation is from training because of running statistics, over up to 16 batches of training examples. */
export async function batchNormGap(experiment: Experiment, weights: Weights, context: RunContext): Promise<NormGap> {
  const { config, options, splits } = experiment;
  const { batchSize } = options;
  const calm: StepConfig = { ...config, model: { ...config.model, layer: withoutNoise(config.model.layer) } };
  const device = new DeviceModel(await context.backend(), calm);
  try {
    device.load(weights);
    const data = device.upload("train", splits.train);
    device.setOrder(experiment.epochOrder(0));
    const batches = Math.min(BATCHES, Math.floor(data.count / batchSize));
    const scalars = Array.from({ length: batches }, (_, i) => ({
      hyper: {},
      cursor: i * batchSize,
      noiseSeed: 0,
      noiseStep: 0,
    }));
    const loss = async (training: boolean): Promise<number> => {
      const program = await device.program(`batch norm gap ${training}`, (maxBuffersPerLaunch) => {
        const forward = pass(calm, data, batchSize, { training, ordered: true });
        return buildPlan({
          label: `loss with ${training ? "batch" : "running"} statistics`,
          buffers: passBuffers(calm, data),
          inputs: forward.places,
          stages: [{ rows: [{ name: "loss", value: forward.loss }] }],
          maxBuffersPerLaunch,
        });
      });
      const rows = await program.run(scalars);
      return (rows.loss as Float64Array).reduce((sum, v) => sum + v, 0) / batches;
    };
    return { batchLoss: await loss(true), runningLoss: await loss(false), examples: batches * batchSize };
  } finally {
    device.dispose();
  }
}
