import { ConfigError, didYouMean, ShapeError, UserError } from "../errors/index.ts";
import type { Fan, Initializer } from "../init/index.ts";
import { constant, input, type RandomKey, Tensor, uniform, within } from "../ops/index.ts";
import { type DType, type Shape, sameShape, show } from "../tensor/index.ts";
import type { Call, Layer, Named, Results } from "./definition.ts";
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
  readonly layer: Layer;
  readonly inputShape: Shape;
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
  /** Further tensors for the model, where it takes some. */
  readonly inputs?: Named;
  /** Puts new inputs between a layer and what it is called in, both ways, so that the graph of each use stands by itself. */
  readonly sealed?: boolean;
}

export interface Traced {
  readonly output: Tensor;
  /** All that the model gives, `output` as y. */
  readonly results: Results;
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
  /** Further tensors that this use was given, by name. */
  readonly inputs: Partial<Named>;
  /** All that it gives, `output` as y. */
  readonly results: Results;
  readonly sealed?: SealedUse;
}

/** What a sealed trace tells of a use. */
export interface SealedUse {
  /** Key of the use that it is called in; undefined for the model. */
  readonly around: string | undefined;
  /** The layer's path, whichever use it is. */
  readonly at: string;
  /** What it is called with there, and what is made of that there. */
  readonly outside: { readonly input: Tensor; readonly inputs: Partial<Named>; readonly results: Results };
  /** Tensors that it asks for itself, by their names in it, and next values of its buffers. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly buffers: Readonly<Record<string, Tensor>>;
  readonly updates: Readonly<Record<string, Tensor>>;
}

/** Streams below are those of the parameters' first values. */
const FIRST_STREAM = 2 ** 16;

/**
 * Finds out which parameters and buffers the model has for inputs of `inputShape` (batch axis included), by tracing it.
 * `finished` hears of each layer with the parameters so far, also before one that does not fit.
 * Throws ShapeError naming the layer that does not fit: `model.2 linear: ...`.
 */
export function declare(
  model: Layer,
  inputShape: Shape,
  dtype: DType = "f32",
  inputs: Named = {},
  finished: (layer: DeclaredLayer, parameters: Iterable<DeclaredParameter>) => void = () => {},
): Declaration {
  const parameters = new Map<string, DeclaredParameter>();
  const buffers = new Map<string, DeclaredBuffer>();
  const layers: DeclaredLayer[] = [];
  const zero = constant(0, [], "u32");
  const { results } = trace(model, input("x", inputShape, dtype), inputs, {
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
    finished: ({ path, type, container, layer, input, output }) => {
      const shapes = { inputShape: input.shape, outputShape: output.shape };
      const declared = { path, type, container, layer, ...shapes };
      layers.push(declared);
      finished(declared, parameters.values());
    },
  });
  return { parameters: [...parameters.values()], buffers: [...buffers.values()], layers, outputShape: results.y.shape };
}

/** The model as a graph over x. Throws ShapeError as `declare` does. */
export function traceModel(
  model: Layer,
  x: Tensor,
  { parameters, buffers, training, seed, step, inputs = {}, sealed = false }: TraceInputs,
): Traced {
  const activations: Record<string, Tensor> = {};
  const layers: TracedLayer[] = [];
  const { results, updates } = trace(model, x, inputs, {
    training,
    sealed,
    key: { seed, step },
    parameter: ({ name, shape }) => given("parameter", name, shape, parameters),
    buffer: ({ name, shape }) => given("buffer", name, shape, buffers),
    finished: (layer) => {
      activations[layer.path] = layer.output;
      layers.push(layer);
    },
  });
  return { output: results.y, results, bufferUpdates: Object.fromEntries(updates), activations, layers };
}

interface Store {
  readonly training: boolean;
  readonly sealed?: boolean;
  readonly key: Omit<RandomKey, "stream">;
  parameter(declared: DeclaredParameter): Tensor;
  buffer(declared: DeclaredBuffer): Tensor;
  finished(layer: TracedLayer): void;
}

function trace(
  model: Layer,
  x: Tensor,
  given: Named,
  store: Store,
): { results: Results; updates: Map<string, Tensor> } {
  const parameters = new Map<string, Tensor>(); // a layer used twice has its parameters once
  const asked = new Set<string>();
  const ties = new Map<string, string>();
  const updates = new Map<string, Tensor>();
  const finished = new Set<string>();
  const named = new WeakSet<Error>();
  const around: Layer[] = [];
  let stream = FIRST_STREAM;

  const run = (path: string, layer: Layer, outer: Tensor, outerInputs: Partial<Named>, caller?: string): Results => {
    const { type, definition, options } = layer;
    around.unshift(layer);
    try {
      checkInputs(layer, outerInputs);
      const own = { parameters: {}, buffers: {}, updates: {} };
      const seal = store.sealed ? sealer() : undefined;
      const input = seal ? seal(outer) : outer;
      const inputs = seal ? (sealedAll(outerInputs as Named, seal) as Partial<Named>) : outerInputs;
      let key = path;
      for (let use = 2; finished.has(key); use++) key = `${path} (${use})`;
      const part = { name: path === "" ? type : `${path}.${type}`, direction: "forward" } as const;
      const made = within(part, () => definition.apply(scopeAt(path, key, own), input, options, inputs));
      const results = made instanceof Tensor ? { y: made } : made;
      const given = seal ? (sealedAll(results, sealer()) as Results) : results;
      finished.add(key);
      store.finished({
        ...{ path: key, type, layer, container: isContainer(layer) },
        ...{ input, inputs, output: results.y, results },
        ...(seal && {
          sealed: { around: caller, at: path, outside: { input: outer, inputs: outerInputs, results: given }, ...own },
        }),
      });
      return given;
    } catch (error) {
      if (error instanceof UserError && !error.fault?.layers) {
        const kind = error instanceof ShapeError ? "shape" : "conflict";
        error.fault = { kind, ...error.fault, layers: [...around] };
      }
      if (!(error instanceof ShapeError) || named.has(error)) throw error;
      const at = path === "" ? "model" : `model.${path}`;
      const located = new ShapeError(`${at} ${type}: ${withoutPrefix(error.message, type)}`, {
        cause: error,
        fault: error.fault,
      });
      named.add(located);
      throw located;
    } finally {
      around.shift();
    }
  };

  const scopeAt = (path: string, key: string, own: Own): Scope => {
    const full = (name: string): string => (path === "" ? name : `${path}.${name}`);
    return {
      training: store.training,
      parameter: (name, shape, init, fan) => {
        const whole = full(name);
        asked.add(whole);
        const shared = ties.get(whole) ?? whole;
        const known = parameters.get(shared);
        if (known && !sameShape(known.shape, shape)) {
          throw new ShapeError(`${name} is ${show(known.shape)} from its first use and would be ${show(shape)} here`);
        }
        const tensor = known ?? store.parameter({ name: shared, shape, init, fan });
        parameters.set(shared, tensor);
        own.parameters[name] = tensor;
        return tensor;
      },
      buffer: (name, shape, value, dtype = "f32") => {
        const before = store.sealed ? undefined : updates.get(full(name));
        const tensor = before ?? store.buffer({ name: full(name), shape, value, dtype });
        own.buffers[name] = tensor;
        return tensor;
      },
      update: (name, value) => {
        updates.set(full(name), value);
        own.updates[name] = value;
      },
      uniform: (shape) => uniform({ ...store.key, stream: stream++ }, shape),
      child: (name, layer) => {
        const results: Call["results"] = (y, inputs = {}) => run(full(name), layer, y, inputs, key);
        return Object.assign<(y: Tensor, inputs?: Partial<Named>) => Tensor, Pick<Call, "results">>(
          (y, inputs) => results(y, inputs).y,
          { results },
        );
      },
      tie: (name, of) => {
        ties.set(full(name), full(of));
      },
    };
  };
  const results = run("", model, x, given);
  checkTies(ties, asked);
  return { results, updates };
}

/** What a use asks for and changes, by the names within the layer. */
type Own = Record<"parameters" | "buffers" | "updates", Record<string, Tensor>>;

/** New inputs in place of tensors, the same for the same. */
function sealer(): (tensor: Tensor) => Tensor {
  const made = new Map<Tensor, Tensor>();
  return (tensor) => {
    const known = made.get(tensor) ?? input("sealed", tensor.shape, tensor.dtype);
    made.set(tensor, known);
    return known;
  };
}

const sealedAll = (tensors: Named, seal: (tensor: Tensor) => Tensor): Named =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, seal(tensor)]));

/** Throws ConfigError for a tensor that the layer does not take. */
function checkInputs({ type, definition: { inputs = {} } }: Layer, given: Partial<Named>): void {
  for (const [name, tensor] of Object.entries(given)) {
    if (inputs !== "any" && !Object.hasOwn(inputs, name)) {
      const names = Object.keys(inputs);
      const hint = names.length ? didYouMean(name, names) : "; it takes none besides x";
      throw new ConfigError(`${type}: no input "${name}"${hint}`);
    }
    if (tensor instanceof Tensor) continue;
    throw new ConfigError(`${type}: ${name} must be a tensor, not ${tensor === undefined ? "nothing" : typeof tensor}`);
  }
}

/** Throws ConfigError for a parameter that nothing asked for. */
function checkTies(ties: ReadonlyMap<string, string>, asked: ReadonlySet<string>): void {
  for (const name of [...ties].flat()) {
    if (!asked.has(name)) throw new ConfigError(`tied: no parameter "${name}"${didYouMean(name, [...asked])}`);
  }
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
