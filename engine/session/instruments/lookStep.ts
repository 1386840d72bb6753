import { histogram, momentRows, unitPeaks } from "../../diagnostics/statistics.ts";
import type { TracedLayer } from "../../nn/index.ts";
import * as ops from "../../ops/index.ts";
import { input, type Tensor } from "../../ops/index.ts";
import { type BuiltPlan, buildPlan, type Stage } from "../../plan/index.ts";
import { type DeviceData, type Pass, type Places, pass, passBuffers, type StepConfig } from "../forward.ts";
import { ownerOf, type Watched, type WatchedLayer, type WatchedNorm } from "./watched.ts";

/** Buffers of looks: the parameters when the last look or `rememberStep` ran, and how they had moved until then. */
const EARLIER = "look earlier";
const MOVED = "look moved";

/** Elements of an activation that a look's histogram counts: its shares are then right to about 2 %. */
const COUNTED = 2048;

type Row = { readonly name: string; readonly value: Tensor };

/**
 * A look at a model between two training steps; it changes no buffer of training, so that training has the same bits with
 * and without it. Rows:
 *
 * - of each layer, for the batch (or the first of several) of the step to come, in training mode with that step's noise: moments, histogram, peaks of
 *   the units, share of saturated inputs, share that one unit has in what the layer computes;
 * - of each batch norm: statistics of the batch, running ones, gamma and beta, by channel;
 * - of each parameter: sums from which its norms follow (see `ParameterSums`), for the gradient of the step before and for
 *   what that step changed, when `rememberStep` or a look ran just before that step.
 */
export function lookStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  watched: Watched,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const size = Math.min(batch, config.microBatch ?? batch);
  const forward = pass(config, data, size, { training: true, ordered: true });
  const byPath = new Map(forward.layers.map((layer) => [layer.path, layer]));
  const places: Places = { ...forward.places };
  const rows = [
    ...watched.layers.flatMap((layer, i) => layerRows(`layer ${i}`, layer, byPath.get(layer.path), forward)),
    ...watched.norms.flatMap((norm, i) => normRows(`norm ${i}`, norm, byPath.get(norm.path), forward)),
    ...watched.parameters.flatMap(({ index }) => parameterRows(config, index, forward, places)),
  ];
  return buildPlan({
    label: `look, batch ${batch}`,
    buffers: { ...passBuffers(config, data), ...lookBuffers(config) },
    inputs: places,
    stages: [{ rows }, remembering(config, places)],
    maxBuffersPerLaunch,
    maxSteps: 1,
  });
}

/** Notes where the parameters are: a look two steps later can then say how the step between them and the last one agree. */
export function rememberStep(config: StepConfig, maxBuffersPerLaunch: number): BuiltPlan {
  const places: Places = {};
  return buildPlan({
    label: "look: remember",
    buffers: { parameters: config.model.parameters.words, ...lookBuffers(config) },
    inputs: places,
    stages: [remembering(config, places)],
    maxBuffersPerLaunch,
    maxSteps: 1,
  });
}

const lookBuffers = ({ model }: StepConfig) => ({ [EARLIER]: model.parameters.words, [MOVED]: model.parameters.words });

function remembering({ model }: StepConfig, places: Places): Stage {
  const flat = (name: string, buffer: string): Tensor => {
    places[name] = { buffer, offset: 0 };
    return input(name, [model.parameters.words]);
  };
  const p = flat("flat parameters", "parameters");
  return {
    stores: [
      { value: ops.sub(p, flat("flat earlier", EARLIER)), buffer: MOVED, offset: 0 },
      { value: p, buffer: EARLIER, offset: 0 },
    ],
  };
}

function layerRows(name: string, watched: WatchedLayer, traced: TracedLayer | undefined, forward: Pass): Row[] {
  if (traced?.output.dtype !== "f32") return [];
  const { output, input: x } = traced;
  const { units, unitStride, saturates } = watched;
  const some = unitStride === 1 ? output : ops.slice(output, 1, 0, units, unitStride);
  return [
    ...momentRows(name, output),
    { name: `${name} histogram`, value: histogram(output, COUNTED) },
    ...(units > 0 ? [{ name: `${name} peaks`, value: unitPeaks(some) }] : []),
    ...(saturates === null
      ? []
      : [{ name: `${name} saturated`, value: ops.mean(ops.cast(ops.greater(ops.abs(x), saturates), "f32")) }]),
    ...contributionRows(name, traced, forward),
  ];
}

/**
 * How much of what a layer computes comes of its strongest input: unit j adds var(x_j) sum_o w_oj^2 to the variance of the
 * outputs (of unrelated inputs); the largest share of one unit, and as how many equal ones they count, (sum c)^2 / sum c^2.
 */
function contributionRows(name: string, { path, type, input: x }: TracedLayer, { parameters }: Pass): Row[] {
  if (type !== "linear" && !/^conv\dd$/.test(type)) return [];
  const owner = ownerOf(path);
  const weight = parameters[owner === "" ? "weight" : `${owner}.weight`];
  const axis = type === "linear" ? x.rank - 1 : 1;
  const units = x.shape[axis] as number;
  if (!weight || weight.shape[1] !== units || units < 2 || x.dtype !== "f32") return [];
  const others = x.shape.map((_, d) => d).filter((d) => d !== axis);
  const spread = ops.variance(x, others, { correction: 0 });
  const weights = ops.sum(
    ops.square(weight),
    weight.shape.map((_, d) => d).filter((d) => d !== 1),
  );
  const share = ops.mul(spread, weights);
  const total = ops.maximum(ops.sum(share), 1e-30);
  const relative = ops.div(share, total);
  return [
    { name: `${name} strongest`, value: ops.max(relative) },
    { name: `${name} effective`, value: ops.div(1, ops.maximum(ops.sum(ops.square(relative)), 1e-30)) },
  ];
}

function normRows(name: string, norm: WatchedNorm, traced: TracedLayer | undefined, forward: Pass): Row[] {
  if (!traced) return [];
  const { channels, channelStride, owner, affine, tracks } = norm;
  const { input: x } = traced;
  const some = (t: Tensor, axis: number) => (channelStride === 1 ? t : ops.slice(t, axis, 0, channels, channelStride));
  const kept = some(x, 1);
  const axes = x.shape.map((_, d) => d).filter((d) => d !== 1);
  const full = (part: string) => (owner === "" ? part : `${owner}.${part}`);
  const own = (from: Readonly<Record<string, Tensor>>, part: string) => some(from[full(part)] as Tensor, 0);
  return [
    { name: `${name} input mean`, value: ops.mean(x) },
    { name: `${name} input std`, value: ops.sqrt(ops.variance(x, undefined, { correction: 0 })) },
    { name: `${name} batchMean`, value: ops.mean(kept, axes) },
    { name: `${name} batchVar`, value: ops.variance(kept, axes, { correction: 0 }) },
    ...(tracks
      ? [
          { name: `${name} runningMean`, value: own(forward.buffers, "running_mean") },
          { name: `${name} runningVar`, value: own(forward.buffers, "running_var") },
        ]
      : []),
    ...(affine
      ? [
          { name: `${name} gamma`, value: own(forward.parameters, "weight") },
          { name: `${name} beta`, value: own(forward.parameters, "bias") },
        ]
      : []),
  ];
}

/** Names of the sums that a look reports of a parameter, behind `parameter INDEX `. */
export const parameterSums = [
  "sum",
  "squares",
  "gradient sum",
  "gradient absolute",
  "gradient peak",
  "gradient scaled",
  "gradient zero",
  "update squares",
  "update before",
  "update product",
] as const;

function parameterRows({ model }: StepConfig, index: number, forward: Pass, places: Places): Row[] {
  const slice = model.parameters.slices[index] as (typeof model.parameters.slices)[number];
  const { name, size, offset } = slice;
  const flat = (kind: string, buffer: string): Tensor => {
    places[`${kind} of ${name}`] = { buffer, offset };
    return input(`${kind} of ${name}`, [size]);
  };
  const p = ops.reshape(forward.parameters[name] as Tensor, [size]);
  const g = flat("gradient", "gradients");
  const update = ops.sub(p, flat("earlier", EARLIER));
  const before = flat("moved", MOVED);
  // gradients of 1e-20 vanish when squared in f32: they are scaled to their largest first
  const peak = ops.max(ops.abs(g));
  const scaled = ops.div(g, ops.maximum(peak, 1e-37));
  const values: Record<(typeof parameterSums)[number], Tensor> = {
    sum: ops.sum(p),
    squares: ops.sum(ops.square(p)),
    "gradient sum": ops.sum(g),
    "gradient absolute": ops.sum(ops.abs(g)),
    "gradient peak": peak,
    "gradient scaled": ops.sum(ops.square(scaled)),
    "gradient zero": ops.mean(ops.cast(ops.equal(g, 0), "f32")),
    "update squares": ops.sum(ops.square(update)),
    "update before": ops.sum(ops.square(before)),
    "update product": ops.sum(ops.mul(update, before)),
  };
  return Object.entries(values).map(([sum, value]) => ({ name: `parameter ${index} ${sum}`, value }));
}
