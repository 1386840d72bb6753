import type { Dataset } from "../data/index.ts";
import { sample } from "../init/index.ts";
import { type Declaration, declare, type Layer } from "../nn/index.ts";
import type { HostTensor } from "../tensor/hostTensor.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** A model fitted to a data set's sizes: what it declares, and where that lies in flat buffers. */
export interface SizedModel {
  readonly layer: Layer;
  readonly declaration: Declaration;
  readonly parameters: Layout;
  readonly running: Layout;
}

/** Traces the model once, for a batch of the data's examples. Throws ShapeError naming the layer that does not fit. */
export function sizeModel(layer: Layer, example: Dataset | { x: HostTensor }, batch: number): SizedModel {
  const declaration = declare(layer, [batch, ...example.x.shape.slice(1)], example.x.dtype);
  return {
    layer,
    declaration,
    parameters: layoutOf(declaration.parameters),
    running: layoutOf(declaration.buffers),
  };
}

/** Values of everything a run changes: flat buffers as they lie on the device. */
export interface Weights {
  readonly parameters: Float32Array;
  /** Running statistics; words of their own dtype. */
  readonly running: Uint32Array;
}

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
