import { ConfigError } from "../errors/index.ts";
import type { Tensor } from "../ops/index.ts";
import { type DType, HostTensor } from "../tensor/index.ts";
import { type Batches, broadcastExtents, type Extent, extentOf, sameExtents, type Twin } from "./extent.ts";
import type { OnnxGraph, Value } from "./graph.ts";
import { unturned, windowsIn } from "./patterns.ts";
import { type Attribute, TYPES } from "./proto.ts";

/** What an operator is written with. */
export class Place {
  readonly graph: OnnxGraph;
  readonly twin: Twin;
  readonly opset: number;
  readonly #batches: Batches;
  readonly #values: ReadonlyMap<Tensor, Value>;

  constructor(graph: OnnxGraph, twin: Twin, opset: number, batches: Batches, values: ReadonlyMap<Tensor, Value>) {
    this.graph = graph;
    this.twin = twin;
    this.opset = opset;
    this.#batches = batches;
    this.#values = values;
  }

  get node(): Tensor {
    return this.twin.small;
  }

  /** The shape of a tensor of the graph for any number of examples. */
  shape(of: (tensor: Tensor) => Tensor = (tensor) => tensor): Extent[] {
    return this.#extents(of(this.twin.small).shape, of(this.twin.large).shape);
  }

  /** Input i as it is written: it may still have to be broadcast. */
  input(i: number): Value {
    return this.#values.get(this.node.inputs[i] as Tensor) as Value;
  }

  /** Input i in its whole shape. */
  whole(i: number): string {
    return this.wholeOf((tensor) => tensor.inputs[i]) as string;
  }

  /** A tensor that is written already, found alike in both graphs, in its whole shape. */
  wholeOf(of: (tensor: Tensor) => Tensor | undefined): string | undefined {
    const [small, large] = [of(this.twin.small), of(this.twin.large)];
    const value = small && this.#values.get(small);
    if (!value || !large) return undefined;
    const { name, shape } = value;
    const wanted = this.#extents(small.shape, large.shape);
    return sameExtents(shape, wanted) ? name : this.graph.node("Expand", [name, this.graph.integers(wanted)]);
  }

  /** A tensor that is written already. */
  tensor(tensor: Tensor): string {
    return (this.#values.get(tensor) as Value).name;
  }

  wholes(): string[] {
    return this.node.inputs.map((_, i) => this.whole(i));
  }

  /** An attribute that does not depend on the number of examples. Throws ConfigError when it does. */
  fixed<T>(name: string): T {
    const [a, b] = [this.twin.small.attrs[name], this.twin.large.attrs[name]];
    if (JSON.stringify(a) !== JSON.stringify(b)) throw this.depends();
    return a as T;
  }

  /** An attribute that is a length or a list of them. */
  extents(name: string): Extent[] {
    const [a, b] = [this.twin.small.attrs[name], this.twin.large.attrs[name]];
    return this.#extents([a].flat() as number[], [b].flat() as number[]);
  }

  /** Writes a node whose output has the shape of the tensor. */
  write(opType: string, input: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return { name: this.graph.node(opType, input, attributes), shape: this.shape() };
  }

  #extents(a: readonly number[], b: readonly number[]): Extent[] {
    if (a.length !== b.length) throw this.depends();
    return a.map((d, i) => {
      const extent = extentOf(d, b[i] as number, this.#batches);
      if (extent === undefined) throw this.depends();
      return extent;
    });
  }

  depends(): ConfigError {
    return new ConfigError(
      `exportOnnx: ${layerOf(this.node)} (op ${this.node.op}) depends on the number of examples; give one, as { batch: 1 }`,
    );
  }

  cannot(why: string): ConfigError {
    return new ConfigError(`exportOnnx: ${layerOf(this.node)} (op ${this.node.op}) ${why}`);
  }
}

/** The layer that a value was made in, as it is told in messages. */
export const layerOf = ({ part }: Tensor): string => `layer ${part?.name ?? "of the model"}`;

export type Operator = (place: Place) => Value;

/** Computed element by element: inputs need not have the whole shape, ONNX broadcasts as NumPy does. */
const elementwise =
  (opType: string, attributes: Readonly<Record<string, Attribute>> = {}): Operator =>
  (place) => {
    const inputs = place.node.inputs.map((_, i) => place.input(i));
    const name = place.graph.node(
      opType,
      inputs.map((value) => value.name),
      attributes,
    );
    return { name, shape: inputs.map((value) => value.shape).reduce(broadcastExtents) };
  };

/** The same value under another shape; one length at most is left to be worked out. */
function reshaped(place: Place, name: string, shape: readonly Extent[]): string {
  const open = shape.filter((d) => typeof d !== "number").length;
  const target = open === 1 && !shape.includes(0) ? shape.map((d) => (typeof d === "number" ? d : -1)) : shape;
  return place.graph.node("Reshape", [name, place.graph.integers(target)], shape.includes(0) ? { allowzero: 1 } : {});
}

const product = (extents: readonly Extent[], place: Place): Extent =>
  extents.reduce<Extent>((a, b) => {
    if (typeof a === "number" && typeof b === "number") return a * b;
    if (typeof a !== "number" && typeof b !== "number") throw place.depends();
    const [n, d] = (typeof a === "number" ? [a, b] : [b, a]) as [number, Exclude<Extent, number>];
    return n === 0 ? 0 : { times: d.times * n, plus: d.plus * n };
  }, 1);

/** Folds axes away. Newer versions take the axes as an input. */
const fold =
  (opType: string, since: number): Operator =>
  (place) => {
    const axes = place.fixed<readonly number[]>("axes");
    const x = place.whole(0);
    if (place.opset < since) return place.write(opType, [x], { axes, keepdims: 0 });
    return place.write(opType, [x, place.graph.integers(axes)], { keepdims: 0 });
  };

/** A fold of all windows of an image, as one operator. */
function pooled(place: Place, opType: "MaxPool" | "AveragePool"): Value | undefined {
  const { node } = place;
  const axes = place.fixed<readonly number[]>("axes");
  const found = node.dtype === "f32" && windowsIn(node.inputs[0] as Tensor);
  if (!found || axes.length !== found.size.length || axes[0] !== 2 + axes.length) return undefined;
  const { source, size, stride, dilation } = found;
  const dilated = dilation.some((d) => d > 1);
  if (opType === "AveragePool" && dilated) return undefined; // known to newer versions only
  const input = place.wholeOf((tensor) => (tensor === node ? source : windowsIn(tensor.inputs[0] as Tensor)?.source));
  if (input === undefined) return undefined;
  const attributes = { kernel_shape: size, strides: stride, ...(dilated ? { dilations: dilation } : {}) };
  return place.write(opType, [input], attributes);
}

const indices = (data: readonly number[], shape: readonly number[]): HostTensor =>
  new HostTensor(shape, "i32", Int32Array.from(data));

/** Every op that has an ONNX operator or a few; those that are written in other ops are expanded before. */
export const operators: Readonly<Record<string, Operator>> = {
  abs: elementwise("Abs"),
  add: elementwise("Add"),
  and: elementwise("And"),
  argmax: (place) => {
    const axes = place.fixed<readonly number[]>("axes");
    const { rank } = place.node.inputs[0] as Tensor;
    const kept = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
    let x = place.whole(0);
    if (axes.length > 1) {
      const shape = place.shape((tensor) => tensor.inputs[0] as Tensor);
      x = place.graph.node("Transpose", [x], { perm: [...kept, ...axes] });
      const folded = product(
        axes.map((axis) => shape[axis] as Extent),
        place,
      );
      x = reshaped(place, x, [...kept.map((axis) => shape[axis] as Extent), folded]);
    }
    const axis = axes.length > 1 ? -1 : (axes[0] as number);
    const found = place.graph.node("ArgMax", [x], { axis, keepdims: 0 });
    return place.write("Cast", [found], { to: TYPES.i32 });
  },
  atan: elementwise("Atan"),
  // left to whoever needs the whole shape
  broadcast: (place) => place.input(0),
  cast: (place) => {
    const to = place.fixed<DType>("dtype");
    return { ...place.input(0), name: place.graph.node("Cast", [place.input(0).name], { to: TYPES[to] }) };
  },
  concat: (place) => place.write("Concat", place.wholes(), { axis: place.fixed<number>("axis") }),
  constant: (place) => {
    const value = place.fixed<number>("value");
    return { name: place.graph.scalar(value, place.node.dtype), shape: [] };
  },
  contract: (place) => {
    const [batch, m, k] = ["batch", "m", "k"].map((name) => place.fixed<number>(name)) as [number, number, number];
    const [a, b] = [place.whole(0), place.whole(1)];
    const [left, right] = [0, 1].map((i) => place.shape((tensor) => tensor.inputs[i] as Tensor)) as [
      Extent[],
      Extent[],
    ];
    const n = right.length - batch - k;
    if (k === 1 && n === 1 && (m === 1 || batch === 0)) {
      const [rows, matrix] = place.node.inputs as [Tensor, Tensor];
      const crossed = rows.rank === 2 && matrix.op === "permute" && matrix.rank === 2; // its two axes exchanged
      if (crossed) return place.write("Gemm", [a, place.tensor(matrix.inputs[0] as Tensor)], { transB: 1 });
      return place.write("MatMul", [a, b]);
    }
    // groups of axes as one each
    const lead = left.slice(0, batch);
    const rows = product(left.slice(batch, batch + m), place);
    const inner = product(left.slice(batch + m), place);
    const columns = product(right.slice(batch + k), place);
    const one = place.graph.node("MatMul", [
      reshaped(place, a, [...lead, rows, inner]),
      reshaped(place, b, [...lead, inner, columns]),
    ]);
    return { name: reshaped(place, one, place.shape()), shape: place.shape() };
  },
  convolution: (place) => {
    const { node } = place;
    const attrs = node.attrs as unknown as {
      readonly [K in "stride" | "dilation" | "inputDilation"]: readonly number[];
    } & { readonly padding: readonly (readonly [number, number])[]; readonly groups: number };
    place.fixed("padding");
    const [lo, hi] = [0, 1].map((side) => attrs.padding.map((pair) => pair[side] as number)) as [number[], number[]];
    const group = attrs.groups;
    const weight = node.inputs[1] as Tensor;
    const kernel = weight.shape.slice(2);
    const original = attrs.stride.every((s) => s === 1) && weight.op !== "input" ? unturned(weight, group) : undefined;
    const reach = kernel.map((size, a) => (attrs.dilation[a] as number) * (size - 1));
    const before = reach.map((r, a) => r - (lo[a] as number));
    const behind = reach.map((r, a) => r - (hi[a] as number));
    const extra = before.map((p, a) => Math.max(0, p - (behind[a] as number)));
    const pads = [...before, ...behind.map((p, a) => p + (extra[a] as number))];
    if (original && pads.every((p) => p >= 0)) {
      return place.write("ConvTranspose", [place.whole(0), place.tensor(original)], {
        ...{ kernel_shape: kernel, strides: attrs.inputDilation, dilations: attrs.dilation, group },
        ...{ pads, output_padding: extra },
      });
    }
    const apart = attrs.inputDilation.some((d) => d > 1);
    if (apart || [...lo, ...hi].some((p) => p < 0)) throw place.cannot("is no convolution that ONNX has");
    const given = { strides: attrs.stride, pads: [...lo, ...hi], dilations: attrs.dilation, group };
    return place.write("Conv", [place.whole(0), place.whole(1)], { kernel_shape: kernel, ...given });
  },
  cos: elementwise("Cos"),
  div: elementwise("Div"),
  equal: elementwise("Equal"),
  erf: elementwise("Erf"),
  exp: elementwise("Exp"),
  flip: (place) => {
    const axes = place.fixed<readonly number[]>("axes");
    const all = (value: number) => place.graph.integers(axes.map(() => value));
    // from the last element to before the first
    return place.write("Slice", [place.whole(0), all(-1), all(-(2 ** 31)), place.graph.integers(axes), all(-1)]);
  },
  floor: elementwise("Floor"),
  gather: (place) => place.write("Gather", place.wholes(), { axis: 0 }),
  gelu: (place) => ({
    ...place.input(0),
    name: place.graph.node("Gelu", [place.input(0).name], { approximate: place.fixed<string>("approximate") }),
  }),
  iota: (place) => {
    const axis = place.fixed<number>("axis");
    const { dtype } = place.node;
    const length = place.extents("shape")[axis] as Extent;
    const alone = place.shape().map((_, i) => (i === axis ? length : 1));
    if (typeof length === "number") {
      const data = Array.from({ length }, (_, i) => i);
      const host = indices(data, alone as number[]);
      const name = place.graph.constant(host);
      return { name: dtype === "i32" ? name : place.graph.node("Cast", [name], { to: TYPES[dtype] }), shape: alone };
    }
    const end = place.graph.node("Squeeze", [place.graph.integers([length])]);
    const [zero, one] = [0, 1].map((v) => place.graph.node("Squeeze", [place.graph.integers([v])])) as [string, string];
    const counted = place.graph.node("Range", [zero, end, one]);
    return { name: reshaped(place, place.graph.node("Cast", [counted], { to: TYPES[dtype] }), alone), shape: alone };
  },
  isFinite: (place) => {
    const { name, shape } = place.input(0);
    const size = place.graph.node("Abs", [name]);
    return { name: place.graph.node("Less", [size, place.graph.scalar(Infinity)]), shape };
  },
  less: elementwise("Less"),
  lessEqual: elementwise("LessOrEqual"),
  log: elementwise("Log"),
  max: (place) => pooled(place, "MaxPool") ?? fold("ReduceMax", 18)(place),
  maximum: elementwise("Max"),
  minimum: elementwise("Min"),
  mod: elementwise("Mod", { fmod: 1 }),
  mul: elementwise("Mul"),
  neg: elementwise("Neg"),
  not: elementwise("Not"),
  or: elementwise("Or"),
  pad: (place) => {
    const [lo, hi, interior] = ["lo", "hi", "interior"].map((name) => place.fixed<readonly number[]>(name)) as [
      ...[readonly number[], readonly number[], readonly number[]],
    ];
    if (interior.some((width) => width > 0)) throw place.cannot("puts elements between others, which ONNX cannot");
    const value = place.graph.scalar(place.fixed<number>("value"), place.node.dtype);
    return place.write("Pad", [place.whole(0), place.graph.integers([...lo, ...hi]), value]);
  },
  permute: (place) => place.write("Transpose", [place.whole(0)], { perm: place.fixed<readonly number[]>("order") }),
  philox: (place) => {
    throw place.cannot("draws random numbers, which an exported model has not");
  },
  pow: elementwise("Pow"),
  relu: elementwise("Relu"),
  reshape: (place) => ({ name: reshaped(place, place.whole(0), place.extents("shape")), shape: place.shape() }),
  select: elementwise("Where"),
  sigmoid: elementwise("Sigmoid"),
  sign: elementwise("Sign"),
  sin: elementwise("Sin"),
  slice: (place) => {
    const of = (name: string) => place.graph.integers(place.extents(name));
    return place.write("Slice", [place.whole(0), of("start"), of("end"), of("axis"), of("step")]);
  },
  slide: (place) => {
    const [axes, size, stride, dilation] = ["axes", "size", "stride", "dilation"].map((name) =>
      place.fixed<readonly number[]>(name),
    ) as [readonly number[], readonly number[], readonly number[], readonly number[]];
    const { name, shape } = place.input(0);
    const rank = shape.length - axes.length; // behind them are the axes of windows, all alike
    if (shape.slice(rank).some((d) => d !== 1)) throw place.cannot("shifts windows that differ, which ONNX cannot");
    let x = place.graph.node("Squeeze", [name, place.graph.integers(axes.map((_, i) => rank + i))]);
    const order: number[] = [];
    const within: number[] = [];
    let next = 0;
    for (let axis = 0; axis < rank; axis++) {
      order.push(next++);
      if (axes.includes(axis)) within[axes.indexOf(axis)] = next++;
    }
    // the last axis first, so that those before it stay where they are
    for (const axis of [...axes].sort((a, b) => b - a)) {
      const i = axes.indexOf(axis);
      const [k, s, d] = [size[i], stride[i], dilation[i]] as [number, number, number];
      const count = place.node.shape[axis] as number;
      const places = Array.from({ length: count * k }, (_, at) => Math.floor(at / k) * s + (at % k) * d);
      x = place.graph.node("Gather", [x, place.graph.constant(indices(places, [count, k]))], { axis });
    }
    return place.write("Transpose", [x], { perm: [...order, ...within] });
  },
  softmax: (place) => place.write("Softmax", [place.whole(0)], { axis: place.fixed<number>("axis") }),
  sqrt: elementwise("Sqrt"),
  stopGradient: (place) => place.input(0),
  sub: elementwise("Sub"),
  sum: (place) => {
    const mean = pooled(place, "AveragePool");
    if (!mean) return fold("ReduceSum", 13)(place);
    const axes = place.fixed<readonly number[]>("axes");
    const count = axes.reduce((n, axis) => n * (place.node.inputs[0]?.shape[axis] as number), 1);
    return { ...mean, name: place.graph.node("Mul", [mean.name, place.graph.scalar(count)]) };
  },
  takeAlong: (place) => place.write("GatherElements", place.wholes(), { axis: place.fixed<number>("axis") }),
  tanh: elementwise("Tanh"),
  unslide: laidBack,
};

/**
 * Windows laid back where they came from: along each listed axis the O windows of K elements become P places, each of which
 * reads its element, or the 0 that is put behind all of them.
 */
function laidBack(place: Place): Value {
  const [axes, size, stride, dilation, lengths] = ["axes", "size", "stride", "dilation", "lengths"].map((name) =>
    place.fixed<readonly number[]>(name),
  ) as [readonly number[], readonly number[], readonly number[], readonly number[], readonly number[]];
  const { graph, node } = place;
  const shape = place.shape((tensor) => tensor.inputs[0] as Tensor);
  const rank = shape.length - axes.length;
  let x = place.whole(0);
  for (const [i, axis] of axes.entries()) {
    const [k, by, apart, length] = [size[i], stride[i], dilation[i], lengths[i]] as [number, number, number, number];
    const count = node.inputs[0]?.shape[axis] as number;
    const others = shape.map((_, a) => a).filter((a) => a !== axis && a !== rank + i);
    const rows = graph.node("Transpose", [x], { perm: [...others, axis, rank + i] });
    const kept = others.map((a) => shape[a] as Extent);
    const flat = reshaped(place, rows, [...kept, count * k]);
    const behind = [...others.map(() => 0), 1];
    const padded = graph.node("Pad", [flat, graph.integers([...behind.map(() => 0), ...behind]), graph.scalar(0)]);
    const from = Array.from({ length: length * k }, (_, at) => {
      const start = (Math.floor(at / k) - (at % k) * apart) / by;
      return Number.isInteger(start) && start >= 0 && start < count ? start * k + (at % k) : count * k;
    });
    const laid = graph.node("Gather", [padded, graph.constant(indices(from, [length, k]))], { axis: others.length });
    shape[axis] = length;
    const order = [...others, axis, rank + i];
    x = graph.node("Transpose", [laid], { perm: order.map((_, a) => order.indexOf(a)) });
  }
  return { name: x, shape: place.shape() };
}
