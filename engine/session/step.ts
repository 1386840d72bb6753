import type { Loss } from "../losses/index.ts";
import type { Metric } from "../metrics/index.ts";
import { traceModel } from "../nn/index.ts";
import * as ops from "../ops/index.ts";
import { input, scalar, type Tensor } from "../ops/index.ts";
import { type Optimizer, stateNames, traceUpdate } from "../optim/index.ts";
import { type BuiltPlan, buildPlan, type Stage } from "../plan/index.ts";
import type { DType, Shape } from "../tensor/index.ts";
import type { SizedModel } from "./model.ts";

/** Everything that decides what a step computes. */
export interface StepConfig {
  readonly model: SizedModel;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  readonly optimizer: Optimizer;
  readonly clip: Clip;
}

/** Gradient clipping, as torch.nn.utils: the whole gradient's norm (the 2-norm when not said), or every element. */
export interface Clip {
  readonly norm?: number | undefined;
  readonly normType?: number | "inf" | undefined;
  readonly value?: number | undefined;
}

/** A data set on the device: rows of `x` and `y`, and the order that they are visited in. */
export interface DeviceData {
  readonly name: string;
  readonly count: number;
  readonly x: { readonly shape: Shape; readonly dtype: DType };
  readonly y: { readonly shape: Shape; readonly dtype: DType };
}

/** Names of the scalars of a step that the loop, not the optimizer, provides. */
export const CURSOR = "cursor";
export const NOISE_SEED = "noise seed";
export const NOISE_STEP = "noise step";

/** Words of the flat buffers by the name that plans know them under. */
export const bufferWords = ({ model, optimizer }: StepConfig): Record<string, number> => ({
  parameters: model.parameters.words,
  gradients: model.parameters.words,
  running: model.running.words,
  halted: 4,
  ...Object.fromEntries(stateNames(optimizer).map((name) => [`state ${name}`, model.parameters.words])),
});

const dataWords = (data: DeviceData): Record<string, number> => ({
  [`${data.name} x`]: size(data.x.shape) * data.count,
  [`${data.name} y`]: Math.max(1, size(data.y.shape)) * data.count,
});

const size = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

type Places = Record<string, { buffer: string; offset: number }>;

/** What all plans of a model share: its tensors as inputs, and where they lie. */
function modelInputs({ model }: StepConfig): {
  parameters: Record<string, Tensor>;
  buffers: Record<string, Tensor>;
  places: Places;
} {
  const places: Places = {};
  const inputs = (slices: SizedModel["parameters"]["slices"], kind: string, buffer: string) =>
    Object.fromEntries(
      slices.map(({ name, shape, dtype, offset }) => {
        places[`${kind} ${name}`] = { buffer, offset };
        return [name, input(`${kind} ${name}`, shape, dtype)];
      }),
    );
  return {
    parameters: inputs(model.parameters.slices, "parameter", "parameters"),
    buffers: inputs(model.running.slices, "running", "running"),
    places,
  };
}

/** `batch` examples from `cursor` on, in the order of the permutation when there is one. */
function minibatch(data: DeviceData, batch: number, places: Places, shuffled: boolean): { x: Tensor; y: Tensor } {
  const place = (name: string, shape: Shape, dtype: DType): Tensor => {
    places[name] = { buffer: name, offset: 0 };
    return input(name, shape, dtype);
  };
  const position = ops.add(ops.iota([batch], 0), scalar(CURSOR, "i32"));
  const rows = shuffled ? ops.gather(place("order", [data.count], "i32"), position) : position;
  const x = place(`${data.name} x`, [data.count, ...data.x.shape], data.x.dtype);
  const y = place(`${data.name} y`, [data.count, ...data.y.shape], data.y.dtype);
  return { x: ops.gather(x, rows), y: ops.gather(y, rows) };
}

/** Sums and counts of the metrics over a batch, as rows `metric i sum` and `metric i count`. */
function metricRows(metrics: readonly Metric[], output: Tensor, target: Tensor): { name: string; value: Tensor }[] {
  return metrics.flatMap((metric, i) => {
    const { sum, count } = metric.definition.batch({ output, target }, metric.options);
    return [
      { name: `metric ${i} sum`, value: sum },
      { name: `metric ${i} count`, value: typeof count === "number" ? ops.constant(count) : count },
    ];
  });
}

interface Forward {
  readonly loss: Tensor;
  readonly output: Tensor;
  readonly y: Tensor;
  readonly x: Tensor;
  readonly gradients: Tensor[];
  readonly next: Readonly<Record<string, Tensor>>;
  readonly activations: Readonly<Record<string, Tensor>>;
  readonly inputs: ReturnType<typeof modelInputs>;
}

/** Minibatch, model and loss in training mode, and the gradients of all parameters in their order. */
function trainingForward(config: StepConfig, data: DeviceData, batch: number): Forward {
  const inputs = modelInputs(config);
  const { x, y } = minibatch(data, batch, inputs.places, true);
  const traced = traceModel(config.model.layer, x, {
    parameters: inputs.parameters,
    buffers: inputs.buffers,
    training: true,
    seed: scalar(NOISE_SEED, "u32"),
    step: scalar(NOISE_STEP, "u32"),
  });
  const loss = config.loss.definition.compute({ output: traced.output, target: y }, config.loss.options);
  const wrt = config.model.parameters.slices.map(({ name }) => inputs.parameters[name] as Tensor);
  return {
    loss,
    output: traced.output,
    x,
    y,
    gradients: ops.gradients(loss, wrt),
    next: traced.bufferUpdates,
    activations: traced.activations,
    inputs,
  };
}

/**
 * The training step: gather, forward, backward; then clipping and one fused update. Nothing is changed, now and in all
 * later steps, once the loss or the gradient is not finite, so the state stays the last good one.
 * Rows: loss, squared gradient norm, whether the step counted, sums and counts of the metrics.
 */
export function trainingStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const { loss, output, y, gradients, next, inputs } = trainingForward(config, data, batch);
  const { model, optimizer, clip } = config;
  const { places } = inputs;
  const flat = (name: string): Tensor => {
    places[name] = { buffer: name, offset: 0 };
    return input(name, [model.parameters.words]);
  };
  places.halted = { buffer: "halted", offset: 0 };
  const halted = input("halted", [], "i32");
  const p = flat("parameters");
  const raw = flat("gradients");
  const normSquared = ops.sum(ops.square(raw));
  const ok = ops.and(ops.and(ops.isFinite(loss), ops.isFinite(normSquared)), ops.equal(halted, 0));

  const state = Object.fromEntries(stateNames(optimizer).map((name) => [name, flat(`state ${name}`)]));
  const updated = traceUpdate(optimizer, { p, g: clipped(raw, normSquared, clip), state });
  const keep = (fresh: Tensor, old: Tensor): Tensor => ops.select(ops.broadcastTo(ok, old.shape), fresh, old);
  const stages: Stage[] = [
    {
      stores: model.parameters.slices.map(({ offset }, i) => ({
        value: gradients[i] as Tensor,
        buffer: "gradients",
        offset,
      })),
    },
    {
      rows: [
        { name: "loss", value: loss },
        { name: "gradient norm squared", value: normSquared },
        { name: "ok", value: ops.cast(ok, "f32") },
        ...metricRows(config.metrics, output, y),
      ],
      stores: [
        { value: keep(updated.p, p), buffer: "parameters", offset: 0 },
        ...Object.entries(updated.state).map(([name, value]) => ({
          value: keep(value, state[name] as Tensor),
          buffer: `state ${name}`,
          offset: 0,
        })),
        ...model.running.slices.flatMap(({ name, offset }) => {
          const value = next[name];
          return value ? [{ value: keep(value, inputs.buffers[name] as Tensor), buffer: "running", offset }] : [];
        }),
        { value: ops.select(ok, halted, ops.constant(1, [], "i32")), buffer: "halted", offset: 0 },
      ],
    },
  ];
  return buildPlan({
    label: `training step, batch ${batch}`,
    buffers: { ...bufferWords(config), ...dataWords(data), order: data.count },
    inputs: places,
    stages,
    maxBuffersPerLaunch,
  });
}

/** (sum |g|^p)^(1 / p), or the largest |g|. */
export function gradientNorm(g: Tensor, p: number | "inf"): Tensor {
  if (p === "inf") return ops.max(ops.abs(g));
  return p === 1 ? ops.sum(ops.abs(g)) : ops.pow(ops.sum(ops.pow(ops.abs(g), p)), 1 / p);
}

/** torch.nn.utils.clip_grad_norm_ (with its 1e-6) or clip_grad_value_. */
export function clipped(g: Tensor, normSquared: Tensor, { norm, normType = 2, value }: Clip): Tensor {
  let out = g;
  if (norm !== undefined) {
    const length = normType === 2 ? ops.sqrt(normSquared) : gradientNorm(g, normType);
    const scale = ops.minimum(ops.div(norm, ops.add(length, 1e-6)), 1);
    out = ops.mul(out, scale);
  }
  if (value !== undefined) out = ops.minimum(ops.maximum(out, -value), value);
  return out;
}

/** Loss (times the batch's size) and metrics of `batch` rows from `cursor` on, in evaluation mode. */
export function evaluationStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const inputs = modelInputs(config);
  const { x, y } = minibatch(data, batch, inputs.places, false);
  const { output } = evaluate(config, inputs, x);
  const loss = config.loss.definition.compute({ output, target: y }, config.loss.options);
  return buildPlan({
    label: `evaluation, batch ${batch}`,
    buffers: { ...bufferWords(config), ...dataWords(data) },
    inputs: inputs.places,
    stages: [{ rows: [{ name: "loss", value: loss }, ...metricRows(config.metrics, output, y)] }],
    maxBuffersPerLaunch,
  });
}

/** The model's output, in evaluation mode, for `batch` examples in buffer `x`; written to buffer `output`. */
export function predictionStep(
  config: StepConfig,
  example: DeviceData["x"],
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan & { shape: Shape } {
  const inputs = modelInputs(config);
  inputs.places.x = { buffer: "x", offset: 0 };
  const x = input("x", [batch, ...example.shape], example.dtype);
  const { output } = evaluate(config, inputs, x);
  const built = buildPlan({
    label: `prediction, batch ${batch}`,
    buffers: { ...bufferWords(config), x: x.size, output: output.size },
    inputs: inputs.places,
    stages: [{ stores: [{ value: output, buffer: "output", offset: 0 }] }],
    maxBuffersPerLaunch,
  });
  return { ...built, shape: output.shape };
}

function evaluate(config: StepConfig, inputs: ReturnType<typeof modelInputs>, x: Tensor) {
  return traceModel(config.model.layer, x, {
    parameters: inputs.parameters,
    buffers: inputs.buffers,
    training: false,
    seed: ops.constant(0, [], "u32"),
    step: ops.constant(0, [], "u32"),
  });
}

/**
 * The training forward and backward pass again, with a row for every tensor: how many of its elements are not finite,
 * in the order in which they are computed.
 */
export function diagnosisStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const { loss, x, y, gradients, activations, inputs } = trainingForward(config, data, batch);
  const count = (t: Tensor): Tensor => ops.sum(ops.cast(ops.not(ops.isFinite(t)), "f32"));
  const numbers = (name: string, t: Tensor) => (t.dtype === "f32" ? [{ name, value: count(t) }] : []);
  const slices = config.model.parameters.slices;
  return buildPlan({
    label: "non-finite search",
    buffers: { ...bufferWords(config), ...dataWords(data), order: data.count },
    inputs: inputs.places,
    stages: [
      {
        rows: [
          ...numbers("the batch's inputs", x),
          ...numbers("the batch's targets", y),
          ...slices.flatMap(({ name }) => numbers(`parameter ${name}`, inputs.parameters[name] as Tensor)),
          ...Object.entries(activations).flatMap(([path, t]) =>
            numbers(path === "" ? "the model's output" : `the output of layer ${path}`, t),
          ),
          ...numbers("the loss", loss),
          ...slices
            .map(({ name }, i) => ({ name: `the gradient of ${name}`, value: count(gradients[i] as Tensor) }))
            .reverse(),
        ],
      },
    ],
    maxBuffersPerLaunch,
  });
}
