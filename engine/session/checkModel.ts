import { ConfigError, located, ShapeError } from "../errors/index.ts";
import { axisOfClasses } from "../losses/index.ts";
import { type Traced, type TracedLayer, traceModel } from "../nn/index.ts";
import { constant, input, type Tensor } from "../ops/index.ts";
import { type HostTensor, show, sizeOf } from "../tensor/index.ts";
import { atOption } from "./checkOptions.ts";
import type { Experiment } from "./experiment.ts";
import { goalOf } from "./forward.ts";

interface NamedExamples {
  readonly name: string;
  readonly x: HostTensor;
}

/**
 * Loss and metrics over the model's output, symbolically: what does not fit is said now and not in training. Throws ShapeError,
 * ConfigError for a token that a layer has no place for.
 */
export function checkModel(experiment: Experiment): void {
  const { config, options, splits } = experiment;
  const { loss, metrics } = config;
  const { batchSize, dropLast } = options;
  const { x, y, classes, size } = splits.train;
  const { output, results, layers } = traced(experiment, batchSize);
  refuseTokens(
    "experiment",
    Object.values(splits).filter((set) => set !== undefined),
    layers,
  );
  const target = input("y", [batchSize, ...y.shape.slice(1)], y.dtype);
  const value = withFlatten(layers, target, () =>
    located(
      "loss",
      () => loss.definition.compute({ output, target: goalOf({ output, results }, target) }, loss.options),
      options.loss,
    ),
  );
  if (value.rank !== 0) {
    throw new ShapeError(
      `experiment: ${loss.type} gives ${show(value.shape)}, not one number; use reduction: "mean"`,
      atOption("loss"),
    );
  }
  const gives = loss.definition.gives(loss.options);
  for (const [i, metric] of metrics.entries()) {
    const batch = () => metric.definition.batch({ output, target, gives }, metric.options);
    located(`metrics[${i}]`, batch, metric);
  }
  const kinds = loss.definition.takes(loss.options);
  const labels = kinds.includes("label") && classes?.length === 2;
  const scored = kinds.includes("class") && !labels && loss.definition.gives(loss.options) !== "embeddings";
  if (classes && scored && y.dtype === "i32") {
    const { dim = null } = loss.options as { readonly dim?: number | null };
    const scores = output.shape[axisOfClasses(loss.type, output.shape, target.shape, dim)] as number;
    if (scores < classes.length) {
      throw new ShapeError(
        `experiment: the model ends in ${scores} outputs for ${classes.length} classes; end it in nn.linear(${classes.length})`,
        atHead(layers, classes.length),
      );
    }
  }
  const last = size % batchSize;
  if (last === 0 || dropLast) return;
  try {
    traced(experiment, last);
  } catch (cause) {
    throw new ShapeError(
      `experiment: the last batch of an epoch has ${last} of ${show(x.shape)}: ${(cause as Error).message}; or leave it out with dropLast: true`,
      { cause, ...atOption("batchSize", { kind: "shape" }) },
    );
  }
}

/** Every token of `sets` has its place in the layers that read it: on the device a wrong one would pass for another. */
export function checkTokens(experiment: Experiment, where: string, sets: readonly NamedExamples[]): void {
  refuseTokens(where, sets, traced(experiment, experiment.options.batchSize).layers);
}

function refuseTokens(where: string, sets: readonly NamedExamples[], layers: readonly TracedLayer[]): void {
  for (const { path, type, layer, input: x } of layers) {
    const count = layer.definition.tokens?.(layer.options);
    const reads = count === undefined ? null : columnsRead(x);
    if (count === undefined || reads === null) continue;
    for (const set of sets) {
      const wrong = tokenOutside(set.x, count, reads);
      if (wrong === undefined) continue;
      throw new ConfigError(
        `${where}: ${set.name} has token ${wrong}, and ${path} ${type} takes 0 to ${count - 1}; give it as many as there are tokens`,
        { fault: { kind: "conflict", option: "numEmbeddings", layers: [layer], ...roomFor(sets, reads) } },
      );
    }
  }
}

/** As many places as the largest token asks for; nothing where one is below 0. */
function roomFor(sets: readonly NamedExamples[], reads: (column: number) => boolean): { instead?: readonly string[] } {
  let [least, most] = [0, 0];
  for (const { x } of sets) {
    const width = sizeOf(x.shape.slice(1));
    for (const { data } of x.pieces()) {
      for (const [i, token] of data.entries()) {
        if (!reads(i % width)) continue;
        least = Math.min(least, token);
        most = Math.max(most, token);
      }
    }
  }
  return least < 0 ? {} : { instead: [String(most + 1)] };
}

/** The model over a batch of so many examples, symbolically, in training. */
function traced({ config, splits }: Experiment, batch: number): Traced {
  const { model } = config;
  const { x } = splits.train;
  const tensors = (slices: typeof model.parameters.slices) =>
    Object.fromEntries(slices.map((s) => [s.name, input(s.name, s.shape, s.dtype)]));
  return traceModel(model.layer, input("x", [batch, ...x.shape.slice(1)], x.dtype), {
    parameters: tensors(model.parameters.slices),
    buffers: tensors(model.running.slices),
    training: true,
    seed: constant(0, [], "u32"),
    step: constant(0, [], "u32"),
  });
}

/** An error of the number of outputs is that of the last layer that is told one. */
function atHead(layers: readonly TracedLayer[], outputs: number): ReturnType<typeof atOption> {
  const head = headOf(layers);
  if (!head) return atOption("model", { kind: "shape" });
  return { fault: { kind: "shape", option: "outFeatures", layers: [head.layer], instead: [String(outputs)] } };
}

const headOf = (layers: readonly TracedLayer[]): TracedLayer | undefined =>
  layers.findLast(({ layer }) => Object.hasOwn(layer.definition.params, "outFeatures"));

/**
 * Targets of one number each against outputs that still have places or channels: mostly a linear layer that sums along
 * the last axis alone. The error says so and is that layer's.
 */
function withFlatten<T>(layers: readonly TracedLayer[], target: Tensor, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const early = layers.find(({ type, input }) => type === "linear" && input.rank > 2);
    if (!(cause instanceof ShapeError) || target.rank > 2 || !early) throw cause;
    throw new ShapeError(
      `${cause.message}; ${early.path} linear sums along the last axis of ${show(early.input.shape)}: put nn.flatten() before it`,
      { cause, fault: { kind: "shape", layers: [early.layer], before: "nn.flatten(), " } },
    );
  }
}

/** The first token that none of `count` places is for, in the columns that are read. */
function tokenOutside(x: HostTensor, count: number, reads: (column: number) => boolean): number | undefined {
  const width = sizeOf(x.shape.slice(1));
  for (const { data } of x.pieces()) {
    // pieces are whole rows
    const wrong = data.find((token, i) => (token < 0 || token >= count) && reads(i % width));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Which columns of the data a tensor is: all, or those that slices along the second axis leave of rows; null when it is computed. */
function columnsRead(x: Tensor): ((column: number) => boolean) | null {
  if (x.op === "input") return () => true;
  const [from] = x.inputs;
  const { axis, start, end, step } = x.attrs as { axis: number; start: number; end: number; step: number };
  if (x.op !== "slice" || axis !== 1 || from?.op !== "input" || from.rank !== 2) return null;
  return (column) => column >= start && column < end && (column - start) % step === 0;
}
