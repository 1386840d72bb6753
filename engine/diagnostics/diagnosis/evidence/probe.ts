import * as ops from "../../../ops/index.ts";
import { buildPlan, type Stage } from "../../../plan/index.ts";
import type { DeviceModel } from "../../../session/device.ts";
import { type DeviceData, gradientsOf, pass, passBuffers, type StepConfig } from "../../../session/forward.ts";
import type { Weights } from "../../../session/model.ts";
import { type Shape, sizeOf, viewAs } from "../../../tensor/index.ts";
import { type Kind, kindOf, saturatedShare } from "./kinds.ts";

/** Examples of a probe at most: per-unit peaks and deviations are steady by then. */
const EXAMPLES = 256;
/** Words that the layers' outputs of a probe may take together; models with larger ones are probed on fewer examples. */
const MOST_WORDS = 8 * 2 ** 20;

/** What one pass forward and backward says of a layer. */
export interface LayerFacts {
  readonly path: string;
  readonly type: string;
  readonly kind: Kind;
  /** Of its outputs, over all examples and units. */
  readonly mean: number;
  readonly std: number;
  readonly nonFinite: number;
  /** Deviation over the examples, averaged over the units: 0 when the output no longer depends on the input. */
  readonly spread: number;
  readonly units: number;
  /** Share of units that are 0 for every example; null for layers that cannot die. */
  readonly dead: number | null;
  /** Share of outputs in the flat parts of the function; null for layers that have none. */
  readonly saturated: number | null;
  /** Root mean square of the loss's derivative with respect to its outputs, per example. */
  readonly gradient: number;
}

/** What it says of a weight. */
export interface WeightFacts {
  readonly name: string;
  /** Of the layer that it belongs to. */
  readonly path: string;
  readonly shape: Shape;
  readonly norm: number;
  readonly gradientNorm: number;
  /** Units (places of axis 0). */
  readonly units: number;
  /** Units whose weights are those of another unit, to rounding. */
  readonly twins: number;
  /** Units whose gradients are those of another unit as well, and not 0. */
  readonly gradientTwins: number;
}

export interface Probe {
  readonly examples: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly layers: readonly LayerFacts[];
  readonly weights: readonly WeightFacts[];
  /** Flat as the parameters. */
  readonly gradient: Float32Array;
  /** Mean and unbiased variance of what goes into each batch norm, by its path: what running statistics should be. */
  readonly batchStatistics: Readonly<Record<string, { mean: Float64Array; variance: Float64Array }>>;
}

/** Types whose output is their input in another order or shape, or with noise: nothing of their own to look at. */
const PASSED = new Set(["flatten", "identity", "dropout", "alphaDropout"]);

/** Examples that a probe of this model looks at. */
export function probeSize(config: StepConfig, count: number): number {
  const layers = config.model.declaration.layers;
  const perExample = layers.reduce((n, { outputShape }) => n + 2 * sizeOf(outputShape.slice(1)), 1);
  return Math.max(2, Math.min(EXAMPLES, count, Math.floor(MOST_WORDS / perExample)));
}

/**
 * One pass forward and backward in training mode at `weights`, over the first `examples` of the device's order. Layers' outputs
 * and their derivatives come back whole, statistics are taken on the host in f64. Changes no weights.
 */
export async function probe(
  device: DeviceModel,
  data: DeviceData,
  weights: Weights,
  examples: number,
  seed: number,
): Promise<Probe> {
  const { config } = device;
  const forward = pass(config, data, examples, { training: true, ordered: true });
  const layers = forward.layers.filter(({ container, type, path }) => !container && !PASSED.has(type) && path !== "");
  const program = await device.program(`probe ${data.name} ${examples}`, (max) => {
    const ofLayers = ops.gradients(
      forward.loss,
      layers.map(({ output }) => output),
    );
    const parameters = gradientsOf(config, forward);
    const words: Record<string, number> = { "probe gradient": config.model.parameters.words };
    const store = (value: ops.Tensor, buffer: string) => {
      words[buffer] = Math.max(1, value.size);
      return { value, buffer, offset: 0 };
    };
    const stages: Stage[] = [
      {
        rows: [{ name: "loss", value: forward.loss }],
        stores: [
          ...layers.flatMap(({ output, input, type }, i) => [
            store(output, `probe output ${i}`),
            store(ofLayers[i] as ops.Tensor, `probe derivative ${i}`),
            ...(type === "batchNorm" ? [store(input, `probe input ${i}`)] : []),
          ]),
          ...config.model.parameters.slices.map(({ offset }, i) => ({
            value: parameters[i] as ops.Tensor,
            buffer: "probe gradient",
            offset,
          })),
        ],
      },
    ];
    return buildPlan({
      label: `probe of ${examples} examples`,
      buffers: { ...passBuffers(config, data), ...words },
      inputs: forward.places,
      stages,
      maxBuffersPerLaunch: max,
    });
  });
  device.load(weights);
  const rows = await program.run([{ hyper: {}, cursor: 0, noiseSeed: seed, noiseStep: 0 }]);
  const floats = async (name: string) => viewAs("f32", await device.read(name)) as Float32Array;
  const gradient = await floats("probe gradient");
  const found: LayerFacts[] = [];
  const batchStatistics: Record<string, { mean: Float64Array; variance: Float64Array }> = {};
  for (const [i, layer] of layers.entries()) {
    const [output, derivative] = [await floats(`probe output ${i}`), await floats(`probe derivative ${i}`)];
    found.push(layerFacts(layer.path, layer.type, layer.output.shape, output, derivative));
    if (layer.type === "batchNorm")
      batchStatistics[layer.path] = channelStatistics(await floats(`probe input ${i}`), layer.input.shape);
  }
  return {
    examples,
    loss: rows.loss?.[0] as number,
    gradientNorm: normOf(gradient),
    layers: found,
    weights: weightFacts(config, weights.parameters, gradient),
    gradient,
    batchStatistics,
  };
}

function layerFacts(
  path: string,
  type: string,
  shape: Shape,
  output: Float32Array,
  derivative: Float32Array,
): LayerFacts {
  const [examples = 1, channels = 1] = shape;
  const kind = kindOf(type);
  const perExample = output.length / examples;
  // units are channels of images and features of vectors
  const units = shape.length === 3 ? perExample : channels;
  const perUnit = perExample / units;
  const [sum, squares] = [new Float64Array(units), new Float64Array(units)];
  const peak = new Float64Array(units);
  let nonFinite = 0;
  for (let i = 0; i < output.length; i++) {
    const v = output[i] as number;
    if (!Number.isFinite(v)) {
      nonFinite++;
      continue;
    }
    const u = Math.floor((i % perExample) / perUnit);
    sum[u] = (sum[u] as number) + v;
    squares[u] = (squares[u] as number) + v * v;
    peak[u] = Math.max(peak[u] as number, Math.abs(v));
  }
  const n = output.length / units;
  let [mean, square, spread] = [0, 0, 0];
  for (let u = 0; u < units; u++) {
    const m = (sum[u] as number) / n;
    mean += m / units;
    square += (squares[u] as number) / n / units;
    spread += Math.sqrt(Math.max(0, (squares[u] as number) / n - m * m)) / units;
  }
  return {
    path,
    type,
    kind,
    mean,
    std: Math.sqrt(Math.max(0, square - mean * mean)),
    nonFinite: nonFinite / output.length,
    spread,
    units,
    dead: kind === "rectifier" ? peak.filter((p) => p < 1e-7).length / units : null,
    saturated: kind === "sigmoid" || kind === "tanh" ? saturatedShare(type, output) : null,
    // the loss is a mean over the batch; times its size the derivative is that of an example
    gradient: (normOf(derivative) / Math.sqrt(Math.max(1, derivative.length))) * examples,
  };
}

function channelStatistics(x: Float32Array, shape: Shape): { mean: Float64Array; variance: Float64Array } {
  const [, channels = 1, ...space] = shape;
  const perChannel = sizeOf(space);
  const count = x.length / channels;
  const [mean, variance] = [new Float64Array(channels), new Float64Array(channels)];
  const channel = (i: number) => Math.floor(i / perChannel) % channels;
  for (let i = 0; i < x.length; i++) mean[channel(i)] = (mean[channel(i)] as number) + (x[i] as number) / count;
  for (let i = 0; i < x.length; i++) {
    const c = channel(i);
    variance[c] = (variance[c] as number) + ((x[i] as number) - (mean[c] as number)) ** 2 / Math.max(1, count - 1);
  }
  return { mean, variance };
}

function weightFacts(config: StepConfig, parameters: Float32Array, gradient: Float32Array): WeightFacts[] {
  return config.model.parameters.slices
    .filter(({ shape }) => shape.length >= 2)
    .map(({ name, shape, offset, size }) => {
      const [w, g] = [parameters.subarray(offset, offset + size), gradient.subarray(offset, offset + size)];
      const units = shape[0] as number;
      const alike = twins(w, units);
      const moving = twins(g, units, true);
      return {
        name,
        path: name.slice(0, Math.max(0, name.lastIndexOf("."))),
        shape,
        norm: normOf(w),
        gradientNorm: normOf(g),
        units,
        twins: alike.filter(Boolean).length,
        gradientTwins: alike.filter((same, i) => same && moving[i]).length,
      };
    });
}

/** Which rows equal another row to a thousandth of their size; with `nonZero`, rows of zeros do not count. */
function twins(values: Float32Array, rows: number, nonZero = false): boolean[] {
  const length = values.length / rows;
  const seen = new Map<string, number[]>();
  const scale = Math.max(1e-30, normOf(values) / Math.sqrt(values.length));
  const row = (r: number) => values.subarray(r * length, (r + 1) * length);
  const found = new Array<boolean>(rows).fill(false);
  for (let r = 0; r < rows; r++) {
    const mine = row(r);
    if (nonZero && mine.every((v) => v === 0)) continue;
    let sum = 0;
    for (const v of mine) sum += v;
    // rows that are equal have equal sums: only those within a bucket's width are compared
    const bucket = Math.round(sum / (scale * length));
    for (const near of [bucket - 1, bucket, bucket + 1]) {
      for (const other of seen.get(String(near)) ?? []) {
        const theirs = row(other);
        if (mine.every((v, i) => Math.abs(v - (theirs[i] as number)) <= 1e-3 * scale)) {
          found[r] = true;
          found[other] = true;
          break;
        }
      }
      if (found[r]) break;
    }
    const list = seen.get(String(bucket)) ?? [];
    if (list.length < 64) list.push(r);
    seen.set(String(bucket), list);
  }
  return found;
}

export function normOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}
