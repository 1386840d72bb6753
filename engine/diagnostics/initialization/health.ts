import type { Tensor } from "../../ops/index.ts";
import * as ops from "../../ops/index.ts";
import { buildPlan } from "../../plan/index.ts";
import type { DeviceModel, Rows } from "../../session/device.ts";
import { type DeviceData, gradientsOf, pass, passBuffers } from "../../session/forward.ts";
import type { Slice } from "../../session/layout.ts";
import type { Weights } from "../../session/model.ts";
import { deviation, histogram, type Moments, momentRows, momentsIn, norm, unitPeaks } from "../statistics.ts";

/** What a layer gives and what comes back to it, over one batch. */
export interface LayerHealth {
  readonly path: string;
  readonly type: string;
  /** Of the output. */
  readonly activation: Moments;
  /** Shares of the output's values in bins of its own width: see `histogram`. */
  readonly histogram: readonly number[];
  /** Share of units (places of axis 1) that are 0 for the whole batch. */
  readonly dead: number;
  /** Share of outputs in the flat ends of a tanh (beyond tanh(3)) or sigmoid (beyond sigmoid(5)); null for other layers. */
  readonly saturated: number | null;
  /** Deviation of the loss's gradient with respect to the output. */
  readonly gradientStd: number;
}

/** A parameter and its gradient. */
export interface ParameterHealth {
  readonly name: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly std: number;
  /** Euclidean norms. */
  readonly norm: number;
  readonly gradientNorm: number;
  /** Groups of units (rows) with the same weights to the bit: places in axis 0, groups of two and more. */
  readonly identical: readonly (readonly number[])[];
}

export interface Health {
  readonly loss: number;
  readonly layers: readonly LayerHealth[];
  readonly parameters: readonly ParameterHealth[];
}

/** Flat ends of squashing layers: beyond them less than 1 % (tanh: 4 (1 - |y|)) of the slope is left. */
const SATURATION: Readonly<Record<string, (y: Tensor) => Tensor>> = {
  tanh: (y) => ops.greater(ops.abs(y), Math.tanh(3)),
  sigmoid: (y) => ops.greater(ops.abs(ops.sub(ops.mul(y, 2), 1)), 2 / (1 + Math.exp(-5)) - 1),
};

/** One forward and backward pass in training mode over the first `batch` examples in the device's order. */
export async function measureHealth(
  device: DeviceModel,
  { data, batch, weights, seed }: { data: DeviceData; batch: number; weights: Weights; seed: number },
): Promise<Health> {
  const { config } = device;
  const program = await device.program(`health ${data.name} ${batch}`, (maxBuffersPerLaunch) => {
    const forward = pass(config, data, batch, { training: true, ordered: true });
    const layers = forward.layers.filter(isShown);
    const parameters = gradientsOf(config, forward);
    const signals = ops.gradients(
      forward.loss,
      layers.map(({ output }) => output),
    );
    return buildPlan({
      label: `health of layers, batch ${batch}`,
      buffers: passBuffers(config, data),
      inputs: forward.places,
      stages: [
        {
          rows: [
            { name: "loss", value: forward.loss },
            ...layers.flatMap(({ path, type, output }, i) => layerRows(path, type, output, signals[i] as Tensor)),
            ...config.model.parameters.slices.map(({ name }, i) => ({
              name: `gradient ${name}`,
              value: norm(parameters[i] as Tensor),
            })),
          ],
        },
      ],
      maxBuffersPerLaunch,
    });
  });
  device.load(weights);
  const rows = await program.run([{ hyper: {}, cursor: 0, noiseSeed: seed, noiseStep: 1 }]);
  return {
    loss: value(rows, "loss"),
    layers: config.model.declaration.layers.filter(isShown).map(({ path, type }) => layerHealth(rows, path, type)),
    parameters: config.model.parameters.slices.map((slice) => ({
      ...weightHealth(slice, weights.parameters),
      gradientNorm: value(rows, `gradient ${slice.name}`),
    })),
  };
}

const value = (rows: Rows, name: string): number => rows[name]?.[0] as number;

/** Layers that are not made of others. */
const isShown = ({ container }: { readonly container: boolean }): boolean => !container;

function layerRows(path: string, type: string, output: Tensor, signal: Tensor): { name: string; value: Tensor }[] {
  const share = (condition: Tensor): Tensor => ops.mean(ops.cast(condition, "f32"));
  const saturated = SATURATION[type];
  return [
    ...momentRows(path, output),
    { name: `${path} histogram`, value: histogram(output) },
    { name: `${path} dead`, value: share(ops.equal(unitPeaks(output), 0)) },
    ...(saturated ? [{ name: `${path} saturated`, value: share(saturated(output)) }] : []),
    { name: `${path} gradient`, value: deviation(signal) },
  ];
}

const layerHealth = (rows: Rows, path: string, type: string): LayerHealth => ({
  path,
  type,
  activation: momentsIn(rows, path),
  histogram: Array.from(rows[`${path} histogram`] ?? []),
  dead: value(rows, `${path} dead`),
  saturated: type in SATURATION ? value(rows, `${path} saturated`) : null,
  gradientStd: value(rows, `${path} gradient`),
});

/** What can be said of a parameter on the host. */
function weightHealth({ name, shape, offset, size }: Slice, flat: Float32Array): Omit<ParameterHealth, "gradientNorm"> {
  const values = flat.subarray(offset, offset + size);
  let [sum, squares] = [0, 0];
  for (const v of values) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / size;
  const std = Math.sqrt(Math.max(0, squares / size - mean * mean));
  return { name, shape, mean, std, norm: Math.sqrt(squares), identical: identicalUnits(shape, values) };
}

/** Rows of a weight that are equal to the bit, for tensors of two axes and more: such units stay equal for ever. */
export function identicalUnits(shape: readonly number[], values: Float32Array): number[][] {
  const [units = 0, ...row] = shape;
  if (row.length === 0 || units < 2) return [];
  const length = values.length / units;
  const groups = new Map<string, number[]>();
  for (let unit = 0; unit < units; unit++) {
    const words = new Uint32Array(values.slice(unit * length, (unit + 1) * length).buffer);
    const key = words.join();
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
