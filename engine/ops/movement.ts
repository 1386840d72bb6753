import { ShapeError } from "../errors/index.ts";
import { axisOf, type Shape, sameShape, show, sizeOf } from "../tensor/index.ts";
import { type Axes, axesOf, upTo } from "./axes.ts";
import { apply, constant, type Tensor } from "./tensor.ts";

/** Functions that move elements and compute nothing. Those that would change nothing return their argument. */

/** The same elements in row-major order; one length may be -1, which is then worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const to = shape.includes(-1) ? inferred(x, shape) : shape;
  if (sameShape(to, x.shape)) return x;
  if (x.op === "constant") return constant(x.attrs.value as number, to, x.dtype);
  return apply("reshape", [x.op === "reshape" ? (x.inputs[0] as Tensor) : x], { shape: to });
}

/** All axes from `startAxis` to `endAxis`, that one too, as one. Throws ShapeError when they are the wrong way round. */
export function flatten(x: Tensor, startAxis = 1, endAxis = -1): Tensor {
  const start = axisOf("flatten", startAxis, x.rank);
  const end = axisOf("flatten", endAxis, x.rank) + 1;
  if (start >= end) throw new ShapeError(`flatten: axis ${startAxis} comes after ${endAxis} in ${show(x.shape)}`);
  return reshape(x, [...x.shape.slice(0, start), sizeOf(x.shape.slice(start, end)), ...x.shape.slice(end)]);
}

/** Axis i of the result is axis order[i] of x. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const axes = order.map((axis) => axisOf("permute", axis, x.rank));
  if (axes.length === x.rank && axes.every((axis, i) => axis === i)) return x;
  if (x.op !== "permute") return apply("permute", [x], { order: axes });
  const before = x.attrs.order as readonly number[];
  return permute(
    x.inputs[0] as Tensor,
    axes.map((axis) => before[axis] as number),
  );
}

/** Two axes exchanged; the last two when not given. */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  const order = upTo(x.rank);
  const i = axisOf("transpose", a, x.rank);
  const j = axisOf("transpose", b, x.rank);
  order[i] = j;
  order[j] = i;
  return permute(x, order);
}

/** Axis `from` moved to position `to`; the others keep their order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const order = upTo(x.rank).filter((axis) => axis !== from);
  order.splice(to, 0, from);
  return permute(x, order);
}

/** The order that undoes `order`. */
export const inverseOf = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));

/** x repeated to `shape`, as NumPy broadcasts. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(shape, x.shape)) return x;
  if (x.op === "constant") return constant(x.attrs.value as number, shape, x.dtype);
  return apply("broadcast", [x], { shape });
}

/** Elements start, start + step, ... below end of one axis; negative start and end count from the end. */
export function slice(x: Tensor, axis: number, start: number, end?: number, step = 1): Tensor {
  const a = axisOf("slice", axis, x.rank);
  const n = x.shape[a] as number;
  const from = start < 0 ? start + n : start;
  const to = end === undefined ? n : end < 0 ? end + n : end;
  if (from === 0 && to === n && step === 1) return x;
  return apply("slice", [x], { axis: a, start: from, end: to, step });
}

interface Padding {
  /** Elements before each axis; negative ones crop. */
  lo: readonly number[];
  /** Elements after each axis; negative ones crop. */
  hi: readonly number[];
  /** Elements between neighbours of each axis; none when not given. */
  interior?: readonly number[];
  /** What is put there; 0 when not given. */
  value?: number;
}

/** x with elements added before, after and between its own. */
export function pad(x: Tensor, { lo, hi, interior = lo.map(() => 0), value = 0 }: Padding): Tensor {
  if ([lo, hi, interior].some((widths) => widths.length !== x.rank)) {
    throw new ShapeError(`pad: ${lo.length} widths for ${show(x.shape)}`);
  }
  const nothing = x.shape.every((n, i) => !lo[i] && !hi[i] && (!interior[i] || n <= 1));
  return nothing ? x : apply("pad", [x], { lo, hi, interior, value });
}

/** `pad` of a single axis, with 0. */
export function padAxis(x: Tensor, axis: number, lo: number, hi: number, interior = 0): Tensor {
  const none = x.shape.map(() => 0);
  return pad(x, { lo: none.with(axis, lo), hi: none.with(axis, hi), interior: none.with(axis, interior) });
}

/** Axes backwards. */
export function flip(x: Tensor, axes?: Axes): Tensor {
  const list = axesOf("flip", axes, x.rank).filter((axis) => x.shape[axis] !== 1);
  return list.length ? apply("flip", [x], { axes: list }) : x;
}

/** Tensors one after the other along `axis`. */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  const [first] = parts;
  if (!first) throw new ShapeError("concat: no tensors");
  const a = axisOf("concat", axis, first.rank);
  return parts.length === 1 ? first : apply("concat", parts, { axis: a });
}

function inferred(x: Tensor, shape: Shape): Shape {
  const known = sizeOf(shape.filter((d) => d !== -1));
  const length = x.size / known;
  if (!Number.isInteger(length) || shape.indexOf(-1) !== shape.lastIndexOf(-1)) {
    throw new ShapeError(`reshape: ${show(x.shape)} does not fit into ${show(shape)}`);
  }
  return shape.map((d) => (d === -1 ? length : d));
}
