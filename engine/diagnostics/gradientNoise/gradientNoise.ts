import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import * as ops from "../../ops/index.ts";
import { input, type Tensor } from "../../ops/index.ts";
import { int } from "../../params/index.ts";
import { type BuiltPlan, buildPlan } from "../../plan/index.ts";
import { count, significant } from "../../plots/format.ts";
import { gradientNoisePlot } from "../../plots/gradientNoise.ts";
import { labelOf } from "../../plots/overTime/parts.ts";
import type { DeviceModel, Rows, StepScalars } from "../../session/device.ts";
import { type DeviceData, gradientsOf, pass, passBuffers, type StepConfig } from "../../session/forward.ts";
import { parametersByLayer } from "../../session/instruments/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";

/** Gradient and noise of a group of parameters. */
export interface Noise {
  /** Unbiased estimate of |G|^2, the squared norm of the gradient over all data; noise can make it negative. */
  readonly gradientSquared: number;
  /** Unbiased estimate of tr(Sigma), the variance of one example's gradient, all elements added. */
  readonly trace: number;
  /** tr(Sigma) / |G|^2: the batch size whose noise is as large as the gradient. Infinity: the gradient is lost in noise. */
  readonly noiseScale: number;
  /** |G| over the noise's deviation at the experiment's batch size. */
  readonly signalToNoise: number;
}

export interface GradientNoise extends Noise {
  readonly batches: number;
  readonly batchSize: number;
  readonly layers: readonly (Noise & { readonly path: string; readonly type: string })[];
}

/** Batches of one submit: an interrupt waits for no more. */
const SUBMIT = 4;

export const gradientNoise = defineDiagnostic({
  summary:
    "How noisy a batch's gradient is: signal to noise by layer, and the batch size at which noise and gradient are equal.",
  paper: "McCandlish, Kaplan & Amodei 2018, arXiv:1812.06162, equation 2.9 and appendix A.1",
  params: {
    batches: int(32, "[2, 4096]", "Batches whose gradients are compared, at fixed weights, in the order of training."),
  },
  of: ["experiment", "run"],
  inspects: true,
  cost: "64 forward and backward passes",
  measure: async (subject, { batches }, context): Promise<GradientNoise> => {
    const { batchSize } = subject.experiment.options;
    const { norms, deviations } = await subject.onDevice(context, (device) =>
      measureAll(subject, batches, device, context),
    );
    const estimate = (names: ReadonlySet<string> | null): Noise => {
      const total = (of: ReadonlyMap<string, number>) =>
        [...of].reduce((sum, [name, v]) => (names === null || names.has(name) ? sum + v : sum), 0);
      return noiseOf(total(norms), total(deviations), batches, batchSize);
    };
    const { declaration, parameters } = subject.config.model;
    const leaves = declaration.layers.filter(({ container }) => !container);
    const layers = parametersByLayer(
      leaves,
      parameters.slices.map(({ name }) => name),
    ).map(({ path, type, parameters: names }) => ({ path, type, ...estimate(new Set(names)) }));
    const found = { batches, batchSize, ...estimate(null), layers };
    showChart(context, gradientNoisePlot, found);
    return measured(found, describe(found));
  },
});

/**
 * From the squared norm of the mean of n batches' gradients and the sum of their squared distances from it. With B examples a
 * batch the distances' variance S^2 = sum / (n - 1) estimates tr(Sigma) / B, and |mean|^2 is |G|^2 + S^2 / n on average.
 */
export function noiseOf(meanSquared: number, distances: number, batches: number, batchSize: number): Noise {
  const variance = distances / (batches - 1);
  const gradientSquared = meanSquared - variance / batches;
  const trace = variance * batchSize;
  return {
    gradientSquared,
    trace,
    noiseScale: gradientSquared > 0 ? trace / gradientSquared : Number.POSITIVE_INFINITY,
    signalToNoise: Math.sqrt(Math.max(0, gradientSquared) / variance),
  };
}

type ByName = Map<string, number>;

/** Two passes over the batches: their mean gradient, then the distances from it; one pass would cancel in f32. */
async function measureAll(
  subject: Subject,
  batches: number,
  device: DeviceModel,
  context: RunContext,
): Promise<{ norms: ByName; deviations: ByName }> {
  const { experiment, config } = subject;
  const { batchSize, seed } = experiment.options;
  const data = device.upload("train", experiment.splits.train);
  const perEpoch = Math.floor(data.count / batchSize);
  if (perEpoch === 0) throw new ConfigError(`gradientNoise: there is no whole batch of ${batchSize} examples`);
  const progress = new Progress(context, {
    total: 2 * batches,
    unit: "passes",
    message: "measuring the gradient's noise",
  });
  device.setOrder(experiment.epochOrder(0));
  const mean = await device.program("gradient mean", (max) => meanPlan(config, data, batchSize, max));
  const distance = await device.program("gradient distance", (max) => distancePlan(config, data, batchSize, max));
  const norms: ByName = new Map();
  const deviations: ByName = new Map();
  for (const [pass, program] of [mean, distance].entries()) {
    for (let from = 0; from < batches; ) {
      progress.check(pass * batches + from);
      const epoch = Math.floor(from / perEpoch);
      const within = from % perEpoch;
      if (within === 0 || from === 0) device.setOrder(experiment.epochOrder(epoch));
      const size = Math.min(SUBMIT, batches - from, perEpoch - within);
      const scalars = Array.from(
        { length: size },
        (_, i): StepScalars => ({
          hyper: { share: 1 / batches },
          cursor: (within + i) * batchSize,
          noiseSeed: seed,
          noiseStep: from + i + 1,
        }),
      );
      const rows = await program.run(scalars);
      if (pass === 1) collect(config, rows, size, norms, deviations);
      from += size;
    }
  }
  return { norms, deviations };
}

function collect({ model }: StepConfig, rows: Rows, size: number, norms: ByName, deviations: ByName): void {
  for (const { name } of model.parameters.slices) {
    const distances = rows[`distance ${name}`] as Float64Array;
    deviations.set(name, (deviations.get(name) ?? 0) + distances.reduce((sum, v) => sum + v, 0));
    norms.set(name, rows[`mean ${name}`]?.[size - 1] as number);
  }
}

const MEAN = "gradient noise mean";
const NOW = "gradient noise now";

/** Adds a batch's share to the mean gradient. */
function meanPlan(config: StepConfig, data: DeviceData, batch: number, maxBuffersPerLaunch: number): BuiltPlan {
  const forward = pass(config, data, batch, { training: true, ordered: true });
  const { slices, words } = config.model.parameters;
  const places = { ...forward.places, mean: { buffer: MEAN, offset: 0 }, now: { buffer: NOW, offset: 0 } };
  const [mean, now] = [input("mean", [words]), input("now", [words])];
  return buildPlan({
    label: "mean gradient",
    buffers: { ...passBuffers(config, data), [MEAN]: words, [NOW]: words },
    inputs: places,
    stages: [
      {
        stores: gradientsOf(config, forward).map((value, i) => ({
          value,
          buffer: NOW,
          offset: slices[i]?.offset as number,
        })),
      },
      { stores: [{ value: ops.add(mean, ops.mul(now, ops.scalar("share"))), buffer: MEAN, offset: 0 }] },
    ],
    maxBuffersPerLaunch,
  });
}

/** Squared distance of a batch's gradient from the mean, and the mean's squared norm, by parameter tensor. */
function distancePlan(config: StepConfig, data: DeviceData, batch: number, maxBuffersPerLaunch: number): BuiltPlan {
  const forward = pass(config, data, batch, { training: true, ordered: true });
  const { slices, words } = config.model.parameters;
  const gradients = gradientsOf(config, forward);
  const places = { ...forward.places };
  const rows = slices.flatMap(({ name, shape, offset }, i) => {
    places[`mean of ${name}`] = { buffer: MEAN, offset };
    const mean = input(`mean of ${name}`, shape);
    return [
      { name: `distance ${name}`, value: ops.sum(ops.square(ops.sub(gradients[i] as Tensor, mean))) },
      { name: `mean ${name}`, value: ops.sum(ops.square(mean)) },
    ];
  });
  return buildPlan({
    label: "distance from the mean gradient",
    buffers: { ...passBuffers(config, data), [MEAN]: words },
    inputs: places,
    stages: [{ rows }],
    maxBuffersPerLaunch,
  });
}

function describe({ batches, batchSize, noiseScale, signalToNoise, layers }: GradientNoise): string {
  const lines = layers.map(
    (layer) =>
      `  ${labelOf(layer).padEnd(16)} signal to noise ${significant(layer.signalToNoise)}, noise scale ${scale(layer.noiseScale)}`,
  );
  return [
    `gradient noise over ${batches} batches of ${count(batchSize, "example")}`,
    `  noise scale ${scale(noiseScale)} examples: larger batches than that learn little more per step`,
    `  signal to noise ${significant(signalToNoise)} at batches of ${batchSize}`,
    ...(lines.length > 24 ? [...lines.slice(0, 12), "  ...", ...lines.slice(-11)] : lines),
  ].join("\n");
}

const scale = (value: number): string => (Number.isFinite(value) ? significant(value) : "beyond what can be measured");
