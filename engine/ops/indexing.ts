import { ShapeError } from "../errors/index.ts";
import { axisOf, type Shape, sameShape, show, sizeOf } from "../tensor/index.ts";
import { add, cast, equal, iota, less, maximum, minimum, mul, select } from "./arithmetic.ts";
import { broadcastTo, moveAxis, pad, reshape, slice } from "./movement.ts";
import { gather } from "./products.ts";
import { max, min, prod, sum } from "./reductions.ts";
import { named } from "./said.ts";
import { apply, constant, type Tensor } from "./tensor.ts";

/** Reading and writing at positions that are tensors of i32. Negative positions count from the end. */

/**
 * y[..., i, ...] = x[..., indices[..., i, ...], ...] along `axis`, as PyTorch's gather and NumPy's take_along_axis. Indices are
 * clamped to the axis. The other axes of indices are at most those of x.
 */
export function takeAlongDim(x: Tensor, indices: Tensor, axis: number): Tensor {
  const along = axisOf("takeAlongDim", axis, x.rank);
  requireWithin("takeAlongDim", indices, x, along);
  const cropped = indices.shape.reduce((y, n, i) => (i === along ? y : slice(y, i, 0, n)), x);
  return apply("takeAlong", [cropped, fromStart(indices, x.shape[along] as number)], { axis: along });
}

/** Parts of x along `axis` by number, as NumPy's take: [..., n, ...] by [...r] -> [..., ...r, ...]. Indices are clamped. */
export function take(x: Tensor, indices: Tensor, axis = 0): Tensor {
  const along = axisOf("take", axis, x.rank);
  const flat = fromStart(reshape(indices, [indices.size]), x.shape[along] as number);
  const parts = moveAxis(gather(moveAxis(x, along, 0), flat), 0, along);
  return reshape(parts, [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)]);
}

/** How several values for one place, and the one that is there, become one: `none` takes the last. */
export type ScatterReduce = "none" | "sum" | "prod" | "amax" | "amin";

/**
 * x with `src` put along `axis`: y[..., indices[..., i, ...], ...] = src[..., i, ...], or combined with what is there as
 * `reduce` says; as PyTorch's scatter and scatter_reduce. Indices outside of the axis put nothing anywhere. Takes time for
 * the axis times the indices along it. Throws ShapeError unless src has the shape of indices.
 */
export function scatter(x: Tensor, axis: number, indices: Tensor, src: Tensor, reduce: ScatterReduce = "none"): Tensor {
  const along = axisOf("scatter", axis, x.rank);
  requireWithin("scatter", indices, x, along);
  if (!sameShape(src.shape, indices.shape)) {
    throw new ShapeError(`scatter: ${show(src.shape)} cannot go to ${show(indices.shape)} places`);
  }
  const n = x.shape[along] as number;
  const lo = x.shape.map(() => 0);
  const hi = x.shape.map((d, i) => (i === along ? 0 : d - (indices.shape[i] as number)));
  const places = pad(fromStart(indices, n), { lo, hi, value: n }); // n: nowhere
  const values = pad(src, { lo, hi });
  const k = indices.shape[along] as number;
  const all = [...x.shape, k];
  const lined = (t: Tensor): Tensor => {
    const moved = moveAxis(t, along, x.rank - 1);
    return broadcastTo(reshape(moved, moved.shape.toSpliced(along, 0, 1)), all);
  };
  const hits = equal(lined(places), iota(all, along));
  const given = (neutral: number): Tensor => select(hits, lined(values), neutral);
  if (reduce === "sum") return add(x, sum(given(0), -1));
  if (reduce === "prod") return mul(x, prod(given(1), -1));
  if (reduce === "amax") return maximum(x, max(given(-Infinity), -1));
  if (reduce === "amin") return minimum(x, min(given(Infinity), -1));
  const last = max(select(hits, iota(all, x.rank), -1), -1);
  return select(less(last, 0), x, takeAlongDim(values, maximum(last, 0), along));
}

/**
 * Parts of x at positions of several axes: x [b..., n1, ..., nq, rest...], indices [b..., i..., q] -> [b..., i..., rest...], as
 * ONNX's GatherND; the first `batchDims` axes go together. Positions are clamped as a whole.
 */
export function gatherND(x: Tensor, indices: Tensor, batchDims = 0): Tensor {
  const q = depthOf("gatherND", x, indices, batchDims);
  const batch = x.shape.slice(0, batchDims);
  if (!sameShape(batch, indices.shape.slice(0, batchDims))) {
    throw new ShapeError(`gatherND: the first ${batchDims} axes of ${show(x.shape)} and ${show(indices.shape)} differ`);
  }
  const inner = x.shape.slice(batchDims, batchDims + q);
  const rest = x.shape.slice(batchDims + q);
  const at = flatPositions(indices, inner); // [b..., i...]
  const batches = reshape(iota([sizeOf(batch)]), [...batch, ...at.shape.slice(batchDims).map(() => 1)]);
  const rows = add(mul(batches, sizeOf(inner)), at);
  return gather(reshape(x, [sizeOf(batch) * sizeOf(inner), ...rest]), rows);
}

/** x with `src` put at positions of its first q axes: indices [i..., q], src [i..., rest...]; as ONNX's ScatterND. See `scatter`. */
export function scatterND(x: Tensor, indices: Tensor, src: Tensor, reduce: ScatterReduce = "none"): Tensor {
  const q = depthOf("scatterND", x, indices, 0);
  const rest = x.shape.slice(q);
  const wanted = [...indices.shape.slice(0, -1), ...rest];
  if (!sameShape(src.shape, wanted)) {
    throw new ShapeError(`scatterND: ${show(src.shape)} cannot go to ${show(wanted)} places`);
  }
  const inner = x.shape.slice(0, q);
  const at = flatPositions(indices, inner);
  const width = sizeOf(rest);
  const flat = [at.size, width];
  const rows = broadcastTo(reshape(at, [at.size, 1]), flat);
  return reshape(scatter(reshape(x, [sizeOf(inner), width]), 0, rows, reshape(src, flat), reduce), x.shape);
}

/**
 * 1 at the numbers that `indices` (integers, any shape) say and 0 elsewhere, f32, as an axis of `numClasses` put in at `axis`;
 * all 0 for a number outside. As PyTorch's one_hot.
 */
export const oneHot = named("oneHot", function oneHot(indices: Tensor, numClasses: number, axis = -1): Tensor {
  const at = axisOf("oneHot", axis, indices.rank + 1);
  const shape = indices.shape.toSpliced(at, 0, numClasses);
  const numbers = reshape(fromStart(indices, numClasses), indices.shape.toSpliced(at, 0, 1));
  return cast(equal(iota(shape, at), broadcastTo(numbers, shape)), "f32");
});

/** Negative positions, counted from the end of n elements, as those from the start; i32. */
function fromStart(indices: Tensor, n: number): Tensor {
  const numbers = cast(indices, "i32");
  return indices.dtype === "u32" ? numbers : select(less(numbers, 0), add(numbers, n), numbers);
}

/** Positions in axes of the lengths `inner`, one per entry of the last axis of `indices`, as row-major numbers. */
function flatPositions(indices: Tensor, inner: Shape): Tensor {
  return inner.reduce<Tensor>(
    (at, n, i) => {
      const coordinate = slice(indices, -1, i, i + 1);
      return add(mul(at, n), fromStart(reshape(coordinate, indices.shape.slice(0, -1)), n));
    },
    constant(0, indices.shape.slice(0, -1), "i32"),
  );
}

function depthOf(op: string, x: Tensor, indices: Tensor, batchDims: number): number {
  const q = indices.shape.at(-1);
  if (q === undefined || indices.rank <= batchDims || q > x.rank - batchDims) {
    throw new ShapeError(`${op}: indices ${show(indices.shape)} name more axes than ${show(x.shape)} has`);
  }
  return q;
}

function requireWithin(op: string, indices: Tensor, x: Tensor, along: number): void {
  const fits = indices.rank === x.rank && indices.shape.every((n, i) => i === along || n <= (x.shape[i] as number));
  if (!fits)
    throw new ShapeError(`${op}: indices ${show(indices.shape)} do not fit ${show(x.shape)} along axis ${along}`);
}
