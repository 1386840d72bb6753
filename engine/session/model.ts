import type { Dataset } from "../data/index.ts";
import { sample } from "../init/index.ts";
import { type Declaration, declare, type Layer } from "../nn/index.ts";
import { type Optimizer, parameterGroups } from "../optim/index.ts";
import type { HostTensor } from "../tensor/hostTensor.ts";
import { type Layout, layoutOf, relaid } from "./layout.ts";

/** A model fitted to a data set's sizes: what it declares, and where that lies in flat buffers. */
export interface SizedModel {
  readonly layer: Layer;
  readonly declaration: Declaration;
  readonly parameters: Layout;
  /** The parameters that are not frozen: they come first, so that gradients' norm and optimizer state are of the first words. */
  readonly trained: Layout;
  readonly running: Layout;
}

/**
 * Traces the model once, for a batch of the data's examples, and lays it out by the optimizer's groups of parameters.
 * Throws ShapeError naming the layer that does not fit, ConfigError for groups that do not fit the model.
 */
export function sizeModel(
  layer: Layer,
  example: Dataset | { x: HostTensor },
  batch: number,
  optimizer?: Optimizer,
): SizedModel {
  const declaration = declare(layer, [batch, ...example.x.shape.slice(1)], example.x.dtype);
  const groups = optimizer && parameterGroups(optimizer, declaration.parameters);
  const parameters = layoutOf(
    declaration.parameters,
    groups?.flatMap(({ names }) => names),
  );
  const frozen = new Set(groups?.flatMap(({ names, settings }) => (settings.frozen ? names : [])));
  return {
    layer,
    declaration,
    parameters,
    trained: without(frozen, parameters),
    running: layoutOf(declaration.buffers),
  };
}

/** The slices that are not left out, which come before the others. */
function without(names: ReadonlySet<string>, { words, slices }: Layout): Layout {
  const offsets = slices.flatMap(({ name, offset }) => (names.has(name) ? [offset] : []));
  return { words: Math.min(words, ...offsets), slices: slices.filter(({ name }) => !names.has(name)) };
}

/** Values of everything a run changes: flat buffers as they lie on the device. */
export interface Weights {
  readonly parameters: Float32Array;
  /** Running statistics; words of their own dtype. */
  readonly running: Uint32Array;
}

/** Weights of a model as they lie in another that has the same tensors: groups of parameters may have another order there. */
export const laidOut = ({ parameters, running }: Weights, from: SizedModel, to: SizedModel): Weights => ({
  parameters: relaid(parameters, from.parameters, to.parameters),
  running: relaid(running, from.running, to.running),
});

/** The initial values: parameter i draws from stream i of `seed`, running statistics start as declared. */
export function initialWeights({ declaration, parameters, running }: SizedModel, seed: number): Weights {
  const weights: Weights = {
    parameters: new Float32Array(parameters.words),
    running: new Uint32Array(running.words),
  };
  for (const [stream, p] of declaration.parameters.entries()) {
    weights.parameters.set(
      sample(p.init, { shape: p.shape, seed, stream, fan: p.fan }),
      parameters.slices[stream]?.offset,
    );
  }
  for (const [i, b] of declaration.buffers.entries()) {
    const { offset = 0, size = 0 } = running.slices[i] ?? {};
    const words = weights.running.subarray(offset, offset + size);
    if (b.dtype === "f32") new Float32Array(words.buffer, words.byteOffset, size).fill(b.value);
    else words.fill(b.value);
  }
  return weights;
}
