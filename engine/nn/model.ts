import { ShapeError } from "../errors/index.ts";
import type { Fan, Initializer } from "../init/index.ts";
import { constant, input, type RandomKey, type Tensor, uniform, within } from "../ops/index.ts";
import { type DType, type Shape, sameShape, show } from "../tensor/index.ts";
import type { Layer } from "./definition.ts";
import type { Scope } from "./scope.ts";

/** What a model needs for inputs of one shape. */
export interface Declaration {
  /** In the order of first use. */
  readonly parameters: readonly DeclaredParameter[];
  readonly buffers: readonly DeclaredBuffer[];
  /** Every layer in the order in which they finish, with the shape of its output; the model itself has the path "". */
  readonly layers: readonly DeclaredLayer[];
  readonly outputShape: Shape;
}

export interface DeclaredLayer {
  /** A layer used again is `path (2)`. */
  readonly path: string;
  readonly type: string;
  /** Made of other layers: `sequential` or `module`. */
  readonly container: boolean;
  readonly outputShape: Shape;
}

export interface DeclaredParameter {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Initializer;
  readonly fan?: Fan | undefined;
}

export interface DeclaredBuffer {
  readonly name: string;
  readonly shape: Shape;
  /** What it is filled with at first. */
  readonly value: number;
  readonly dtype: DType;
}

/** Values for a trace; `seed` and `step` (u32 scalars) decide what dropout drops. */
export interface TraceInputs {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly buffers: Readonly<Record<string, Tensor>>;
  readonly training: boolean;
  readonly seed: Tensor;
  readonly step: Tensor;
}

export interface Traced {
  readonly output: Tensor;
  /** Next values of the buffers that training changes. */
  readonly bufferUpdates: Readonly<Record<string, Tensor>>;
  /** Output of each layer by path, in the order in which they finish. A layer used again is `path (2)`. */
  readonly activations: Readonly<Record<string, Tensor>>;
  /** Every use of a layer, in the order in which they finish; the model itself has the path "". */
  readonly layers: readonly TracedLayer[];
}

export interface TracedLayer {
  /** The key in `activations`. */
  readonly path: string;
  readonly type: string;
  readonly layer: Layer;
  /** Made of other layers: `sequential` or `module`. */
  readonly container: boolean;
  readonly input: Tensor;
  readonly output: Tensor;
}

/** Streams below are those of the parameters' first values. */
const FIRST_STREAM = 2 ** 16;

/**
 * Finds out which parameters and buffers the model has for inputs of `inputShape` (batch axis included), by tracing it.
 * Throws ShapeError naming the layer that does not fit: `model.2 linear: ...`.
 */
export function declare(model: Layer, inputShape: Shape, dtype: DType = "f32"): Declaration {
  const parameters = new Map<string, DeclaredParameter>();
  const buffers = new Map<string, DeclaredBuffer>();
  const layers: DeclaredLayer[] = [];
  const zero = constant(0, [], "u32");
  const { output } = trace(model, input("x", inputShape, dtype), {
    training: true,
    key: { seed: zero, step: zero },
    parameter: (p) => {
      parameters.set(p.name, p);
      return input(p.name, p.shape);
    },
    buffer: (b) => {
      buffers.set(b.name, b);
      return input(b.name, b.shape, b.dtype);
    },
    finished: (path, layer, _x, { shape }) =>
      layers.push({ path, type: layer.type, container: isContainer(layer), outputShape: shape }),
  });
  return { parameters: [...parameters.values()], buffers: [...buffers.values()], layers, outputShape: output.shape };
}

/** The model as a graph over x. Throws ShapeError as `declare` does. */
export function traceModel(
  model: Layer,
  x: Tensor,
  { parameters, buffers, training, seed, step }: TraceInputs,
): Traced {
  const activations: Record<string, Tensor> = {};
  const layers: TracedLayer[] = [];
  const { output, updates } = trace(model, x, {
    training,
    key: { seed, step },
    parameter: ({ name, shape }) => given("parameter", name, shape, parameters),
    buffer: ({ name, shape }) => given("buffer", name, shape, buffers),
    finished: (path, layer, x, y) => {
      activations[path] = y;
      layers.push({ path, type: layer.type, layer, container: isContainer(layer), input: x, output: y });
    },
  });
  return { output, bufferUpdates: Object.fromEntries(updates), activations, layers };
}

interface Store {
  readonly training: boolean;
  readonly key: Omit<RandomKey, "stream">;
  parameter(declared: DeclaredParameter): Tensor;
  buffer(declared: DeclaredBuffer): Tensor;
  finished(path: string, layer: Layer, input: Tensor, output: Tensor): void;
}

function trace(model: Layer, x: Tensor, store: Store): { output: Tensor; updates: Map<string, Tensor> } {
  const parameters = new Map<string, Tensor>(); // a layer used twice has its parameters once
  const updates = new Map<string, Tensor>();
  const finished = new Set<string>();
  const named = new WeakSet<Error>();
  let stream = FIRST_STREAM;

  const run = (path: string, layer: Layer, input: Tensor): Tensor => {
    const { type, definition, options } = layer;
    try {
      const part = { name: path === "" ? type : `${path}.${type}`, direction: "forward" } as const;
      const output = within(part, () => definition.apply(scopeAt(path), input, options));
      let key = path;
      for (let use = 2; finished.has(key); use++) key = `${path} (${use})`;
      finished.add(key);
      store.finished(key, layer, input, output);
      return output;
    } catch (error) {
      if (!(error instanceof ShapeError) || named.has(error)) throw error;
      const at = path === "" ? "model" : `model.${path}`;
      const located = new ShapeError(`${at} ${type}: ${withoutPrefix(error.message, type)}`, { cause: error });
      named.add(located);
      throw located;
    }
  };

  const scopeAt = (path: string): Scope => {
    const full = (name: string): string => (path === "" ? name : `${path}.${name}`);
    return {
      training: store.training,
      parameter: (name, shape, init, fan) => {
        const known = parameters.get(full(name));
        if (known && !sameShape(known.shape, shape)) {
          throw new ShapeError(`${name} is ${show(known.shape)} from its first use and would be ${show(shape)} here`);
        }
        const tensor = known ?? store.parameter({ name: full(name), shape, init, fan });
        parameters.set(full(name), tensor);
        return tensor;
      },
      buffer: (name, shape, value, dtype = "f32") =>
        updates.get(full(name)) ?? store.buffer({ name: full(name), shape, value, dtype }),
      update: (name, value) => {
        updates.set(full(name), value);
      },
      uniform: (shape) => uniform({ ...store.key, stream: stream++ }, shape),
      child: (name, layer) => (y) => run(full(name), layer, y),
    };
  };
  return { output: run("", model, x), updates };
}

const isContainer = ({ definition }: Layer): boolean => definition.container === true;

/** An op's message without its own name where the layer has the same: `linear: linear: ...` says nothing. */
const withoutPrefix = (message: string, type: string): string =>
  message.startsWith(`${type}: `) ? message.slice(type.length + 2) : message;

function given(kind: string, name: string, shape: Shape, tensors: Readonly<Record<string, Tensor>>): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new ShapeError(`${kind} ${name} is missing`);
  if (!sameShape(tensor.shape, shape)) {
    throw new ShapeError(`${kind} ${name} is ${show(tensor.shape)}, the input asks for ${show(shape)}`);
  }
  return tensor;
}
