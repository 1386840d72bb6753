import { MIXED_SHARE, mixedTargets } from "../augment/index.ts";
import type { Loss } from "../losses/index.ts";
import type { Metric } from "../metrics/index.ts";
import { type Traced, traceModel } from "../nn/index.ts";
import * as ops from "../ops/index.ts";
import { input, scalar, type Tensor } from "../ops/index.ts";
import { type Optimizer, stateNames } from "../optim/index.ts";
import type { Regularizer } from "../regularize/index.ts";
import { type DeviceData, dataWords, examples } from "./deviceData.ts";
import type { Layout } from "./layout.ts";
import type { SizedModel } from "./model.ts";

export { type DeviceData, dataWords, examples } from "./deviceData.ts";

/** Everything that decides what a step computes. */
export interface StepConfig {
  readonly model: SizedModel;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  readonly optimizer: Optimizer;
  readonly regularize: readonly Regularizer[];
  readonly clip: Clip;
  /** Most examples that go through the model at once; a step of more adds their gradients up. */
  readonly microBatch?: number;
  /** Whether an average of the weights is kept beside them; the host says by scalar `average` how new ones count in it. */
  readonly average?: boolean;
}

/** Names of what is kept of every parameter that trains: the optimizer's state, and the average. */
export const statesOf = ({ optimizer, average }: StepConfig): readonly string[] => [
  ...stateNames(optimizer),
  ...(average ? [AVERAGE] : []),
];

export const AVERAGE = "average";

/** Gradient clipping, as torch.nn.utils: the whole gradient's norm (the 2-norm when not said), or every element. */
export interface Clip {
  readonly norm?: number | undefined;
  readonly normType?: number | "inf" | undefined;
  readonly value?: number | undefined;
}

/** Names of the scalars of a step that the loop, not the optimizer, provides. */
export const CURSOR = "cursor";
export const NOISE_SEED = "noise seed";
export const NOISE_STEP = "noise step";

/** Words of the flat buffers by the name that plans know them under. */
export const bufferWords = (config: StepConfig): Record<string, number> => ({
  parameters: config.model.parameters.words,
  gradients: config.model.parameters.words,
  running: config.model.running.words,
  halted: 4,
  ...Object.fromEntries(statesOf(config).map((name) => [`state ${name}`, config.model.trained.words])),
});

/** Where a graph's inputs lie: for `buildPlan`. */
export type Places = Record<string, { buffer: string; offset: number }>;

/** What all plans of a model share: its tensors as inputs, and where they lie. */
export function modelInputs({ model }: StepConfig): {
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

/** `batch` examples from place `first` after `cursor` on, in the order of the permutation when there is one. */
function minibatch(
  data: DeviceData,
  batch: number,
  places: Places,
  { ordered: shuffled, part: { first } = WHOLE }: PassOptions,
): { x: Tensor; y: Tensor } {
  const cursor = scalar(CURSOR, "i32");
  const position = ops.add(ops.iota([batch], 0), first === 0 ? cursor : ops.add(cursor, first));
  // a window lies in the order in which it is visited
  const ordered = shuffled && data.window === undefined;
  if (ordered) places.order = { buffer: "order", offset: 0 };
  const rows = ordered ? ops.gather(input("order", [data.count], "i32"), position) : position;
  return { x: examples(data, "x", rows, places), y: examples(data, "y", rows, places) };
}

/** Where a pass takes its batch and how it runs. */
export interface PassOptions {
  /** Training mode: batch statistics, dropout, buffers that move; otherwise evaluation mode. */
  readonly training: boolean;
  /** Rows in the order of buffer "order", as training visits them; otherwise as they lie. */
  readonly ordered: boolean;
  /** The model's parameters, when they are not those of buffer "parameters". */
  readonly parameters?: Readonly<Record<string, Tensor>>;
  /** The model's running statistics, when they are not those of buffer "running". */
  readonly buffers?: Readonly<Record<string, Tensor>>;
  /** Which of a step's batches it is, when there are several: it draws noise of its own. */
  readonly part?: { readonly index: number; readonly first: number };
}

const WHOLE = { index: 0, first: 0 };

/** The batches of a step of `batch` examples: how many each has, and how many are before it. */
export function microBatches(
  { microBatch = Number.POSITIVE_INFINITY }: StepConfig,
  batch: number,
): { readonly index: number; readonly first: number; readonly size: number }[] {
  const size = Math.min(microBatch, batch);
  return Array.from({ length: Math.ceil(batch / size) }, (_, index) => {
    const first = index * size;
    return { index, first, size: Math.min(size, batch - first) };
  });
}

/** A batch, what the model makes of it, and where the graph's inputs lie. */
export interface Pass extends Traced {
  readonly x: Tensor;
  readonly y: Tensor;
  /** What the loss compares with: y, or mixed targets where examples were mixed. */
  readonly goal: Tensor;
  readonly loss: Tensor;
  /** By name, as inputs of the graph. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly buffers: Readonly<Record<string, Tensor>>;
  readonly places: Places;
}

/** What the loss compares a batch with: its targets, mixed where its examples were mixed. */
export function goalOf({ output, results }: Pick<Traced, "output" | "results">, target: Tensor): Tensor {
  const { [MIXED_SHARE]: share } = results as { readonly [MIXED_SHARE]?: Tensor };
  return share ? mixedTargets(target, share, output) : target;
}

/** Gathers `batch` examples from scalar CURSOR on, runs the model and the loss. */
export function pass(config: StepConfig, data: DeviceData, batch: number, options: PassOptions): Pass {
  const { training, part = WHOLE } = options;
  const inputs = modelInputs(config);
  const parameters = options.parameters ?? inputs.parameters;
  const buffers = options.buffers ?? inputs.buffers;
  const { x, y } = ops.within({ name: "minibatch" }, () => minibatch(data, batch, inputs.places, options));
  const noise = scalar(NOISE_STEP, "u32");
  const traced = traceModel(config.model.layer, x, {
    parameters,
    buffers,
    training,
    seed: training ? scalar(NOISE_SEED, "u32") : ops.constant(0, [], "u32"),
    step: training ? (part.index === 0 ? noise : ops.add(noise, part.index)) : ops.constant(0, [], "u32"),
  });
  const [goal, loss] = ops.within({ name: "loss", direction: "forward" }, () => {
    const target = goalOf(traced, y);
    return [target, config.loss.definition.compute({ output: traced.output, target }, config.loss.options)] as const;
  });
  return { ...traced, x, y, goal, loss, parameters, buffers, places: inputs.places };
}

/** Gradients of the pass's loss for all parameters, or those of a layout, in the order of their slices. */
export const gradientsOf = (
  { model }: StepConfig,
  { loss, parameters }: Pick<Pass, "loss" | "parameters">,
  { slices }: Layout = model.parameters,
): Tensor[] =>
  ops.gradients(
    loss,
    slices.map(({ name }) => parameters[name] as Tensor),
  );

/** Sizes of the buffers that a pass over `data` reads, for a plan. */
export const passBuffers = (config: StepConfig, data: DeviceData): Record<string, number> => ({
  ...bufferWords(config),
  ...dataWords(data),
  ...(data.window === undefined && { order: data.count }),
});
