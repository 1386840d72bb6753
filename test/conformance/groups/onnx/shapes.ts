import {
  add,
  broadcastTo,
  cast,
  concat,
  constant,
  equal,
  extend,
  flip,
  gatherND,
  iota,
  matmul,
  mul,
  oneHot,
  pad,
  permute,
  pixelUnshuffle,
  reshape,
  type ScatterReduce,
  scatter,
  scatterND,
  select,
  slice,
  split,
  squeeze,
  type Tensor,
  take,
  takeAlongDim,
  tile,
  transpose,
  tril,
  triu,
  unsqueeze,
} from "../../../../engine/ops/index.ts";
import { broadcastShapes, sizeOf } from "../../../../engine/tensor/index.ts";
import type { Node, Operators } from "./node.ts";

const REDUCE: Readonly<Record<string, ScatterReduce>> = {
  none: "none",
  add: "sum",
  mul: "prod",
  max: "amax",
  min: "amin",
};

const reduceOf = (node: Node): ScatterReduce => REDUCE[node.attribute<string>("reduction", "none")] ?? "none";

const literal = (numbers: readonly number[], like: "f32" | "i32" = "i32"): Tensor =>
  numbers.length ? concat(numbers.map((v) => constant(v, [1], like))) : constant(0, [0], like);

export const shapes: Operators = {
  Concat: (node) => concat(node.all(), node.attribute("axis", 1)),
  Constant: (node) => {
    const value = node.attribute<{ tensor: unknown } | undefined>("value", undefined)?.tensor;
    const shape: number[] = [];
    for (let at = value; Array.isArray(at); at = at[0]) shape.push(at.length);
    return reshape(literal([value].flat(shape.length) as number[], "f32"), shape);
  },
  ConstantOfShape: (node) => {
    const value = node.attribute<{ tensor: number | number[] } | undefined>("value", undefined)?.tensor;
    return constant([value ?? 0].flat()[0] as number, node.numbers(0) ?? []);
  },
  DepthToSpace: (node) => {
    const r = node.attribute("blocksize", 1);
    const [n = 0, c = 0, h = 0, w = 0] = node.x().shape;
    const depth = c / (r * r);
    const crd = node.attribute<string>("mode", "DCR") === "CRD";
    const apart = reshape(node.x(), crd ? [n, depth, r, r, h, w] : [n, r, r, depth, h, w]);
    return reshape(permute(apart, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), [n, depth, h * r, w * r]);
  },
  Expand: (node) => {
    const shape = broadcastShapes("Expand", node.x().shape, node.numbers(1) ?? []);
    return broadcastTo(node.x(), shape);
  },
  EyeLike: (node) => {
    const { shape } = node.x();
    return cast(equal(iota(shape, 1), add(iota(shape, 0), node.attribute("k", 0))), "f32");
  },
  Flatten: (node) => {
    const { shape, rank } = node.x();
    const axis = node.attribute("axis", 1);
    const at = axis < 0 ? axis + rank : axis;
    return reshape(node.x(), [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))]);
  },
  Gather: (node) => take(node.x(0), node.x(1), node.attribute("axis", 0)),
  GatherElements: (node) => takeAlongDim(node.x(0), node.x(1), node.attribute("axis", 0)),
  GatherND: (node) => gatherND(node.x(0), node.x(1), node.attribute("batch_dims", 0)),
  Gemm: (node) => {
    const side = (i: number, name: string) => (node.attribute(name, 0) ? transpose(node.x(i)) : node.x(i));
    const product = mul(matmul(side(0, "transA"), side(1, "transB")), node.attribute("alpha", 1));
    const bias = node.maybe(2);
    return bias ? add(product, mul(bias, node.attribute("beta", 1))) : product;
  },
  Identity: (node) => node.x(),
  MatMul: (node) => matmul(node.x(0), node.x(1)),
  OneHot: (node) => {
    const depth = node.numbers(1)?.[0] ?? 0;
    const hot = oneHot(cast(node.x(0), "i32"), depth, node.attribute("axis", -1));
    const [off, on] = split(node.x(2), 1) as [Tensor, Tensor];
    return select(equal(hot, 1), on, off);
  },
  Pad: (node) => {
    const widths = node.list(1, "pads") ?? [];
    const { rank } = node.x();
    const axes = node.numbers(3)?.map((axis) => (axis + rank) % rank) ?? [...node.x().shape.keys()];
    const spread = (list: readonly number[]) => node.x().shape.map((_, axis) => list[axes.indexOf(axis)] ?? 0);
    const lo = spread(widths.slice(0, axes.length));
    const hi = spread(widths.slice(axes.length));
    const mode = node.attribute<string>("mode", "constant");
    const by = ({ reflect: "reflect", edge: "replicate", wrap: "circular" } as const)[mode];
    if (by) return extend(node.x(), by, { lo, hi });
    return pad(node.x(), { lo, hi, value: node.number(2, "value") ?? 0 });
  },
  Range: (node) => {
    const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((i) => node.numbers(i)?.[0] ?? 0);
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    const { dtype } = node.x();
    return add(mul(iota([count], 0, dtype), delta), start);
  },
  Reshape: (node) => {
    const given = node.list(1, "shape") ?? [];
    const shape = given.map((n, i) => (n === 0 && !node.attribute("allowzero", 0) ? (node.x().shape[i] ?? 0) : n));
    return reshape(node.x(), shape);
  },
  ReverseSequence: (node) => {
    const [batchAxis, timeAxis] = [node.attribute("batch_axis", 1), node.attribute("time_axis", 0)];
    const lengths = node.numbers(1) ?? [];
    const rows = split(node.x(), 1, batchAxis).map((row, i) => {
      const length = lengths[i] as number;
      const head = flip(slice(row, timeAxis, 0, length), timeAxis);
      return length < (row.shape[timeAxis] as number) ? concat([head, slice(row, timeAxis, length)], timeAxis) : head;
    });
    return concat(rows, batchAxis);
  },
  Scatter: (node) => scatter(node.x(0), node.attribute("axis", 0), node.x(1), node.x(2)),
  ScatterElements: (node) => scatter(node.x(0), node.attribute("axis", 0), node.x(1), node.x(2), reduceOf(node)),
  ScatterND: (node) => scatterND(node.x(0), node.x(1), node.x(2), reduceOf(node)),
  Shape: (node) => {
    const { shape, rank } = node.x();
    return literal(shape.slice(node.attribute("start", 0), node.attribute("end", rank)));
  },
  Size: (node) => constant(node.x().size, [], "i32"),
  Slice: (node) => {
    const x = node.x();
    const starts = node.list(1, "starts") ?? [];
    const ends = node.list(2, "ends") ?? [];
    const axes = node.list(3, "axes") ?? starts.map((_, i) => i);
    const steps = node.numbers(4) ?? starts.map(() => 1);
    return starts.reduce((y, start, i) => {
      const axis = ((axes[i] as number) + x.rank) % x.rank;
      return sliced(y, axis, start, ends[i] as number, steps[i] as number);
    }, x);
  },
  SpaceToDepth: (node) => {
    const r = node.attribute("blocksize", 1);
    const [n = 0, c = 0] = node.x().shape;
    const y = pixelUnshuffle(node.x(), r); // channel by channel; ONNX has the places first
    const [, , h = 0, w = 0] = y.shape;
    return reshape(permute(reshape(y, [n, c, r * r, h, w]), [0, 2, 1, 3, 4]), y.shape);
  },
  Split: (node) => {
    const axis = node.attribute("axis", 0);
    const n = node.x().shape.at(axis) as number;
    const sizes = node.list(1, "split");
    return split(node.x(), sizes ?? Math.ceil(n / node.attribute("num_outputs", node.outputs.length)), axis);
  },
  Squeeze: (node) => squeeze(node.x(), node.list(1, "axes")),
  Tile: (node) => tile(node.x(), node.numbers(1) ?? []),
  Transpose: (node) => {
    const order = [...node.x().shape.keys()].reverse();
    return permute(node.x(), node.attribute<readonly number[]>("perm", order));
  },
  Trilu: (node) => {
    const k = node.numbers(1)?.[0] ?? 0;
    return node.attribute("upper", 1) ? triu(node.x(), k) : tril(node.x(), k);
  },
  Unsqueeze: (node) => unsqueeze(node.x(), node.list(1, "axes") ?? []),
};

/** Python's slice: bounds are clamped, steps below 0 go backwards. */
function sliced(x: Tensor, axis: number, start: number, end: number, step: number): Tensor {
  const n = x.shape[axis] as number;
  const from = start < 0 ? start + n : start;
  const to = end < 0 ? end + n : end;
  const within = (v: number) => Math.min(Math.max(v, 0), n);
  if (step > 0) return slice(x, axis, within(from), Math.max(within(from), within(to)), step);
  // the same elements of the reversed axis
  const first = n - 1 - Math.min(Math.max(from, -1), n - 1);
  const last = n - 1 - Math.max(Math.min(to, n - 1), -1);
  return slice(flip(x, axis), axis, first, Math.max(first, last), -step);
}
