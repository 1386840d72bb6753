import { ShapeError } from "../errors/index.ts";
import { axisOf, show } from "../tensor/index.ts";
import { and, cast, equal, iota, less, or, select } from "./arithmetic.ts";
import { isNaN as nan, notEqual } from "./elementary.ts";
import { takeAlongDim } from "./indexing.ts";
import { broadcastTo, moveAxis, reshape } from "./movement.ts";
import { sum } from "./reductions.ts";
import { saying } from "./said.ts";
import type { Tensor } from "./tensor.ts";

export interface Sorted {
  readonly values: Tensor;
  /** Where they were along the axis, i32. */
  readonly indices: Tensor;
}

/**
 * The k largest elements along `axis`, largest first; with `largest: false` the smallest, smallest first. Equal ones keep
 * their order, NaN counts as largest, as in PyTorch. f32 and integers. Every element is compared with every other: n^2
 * comparisons for n elements, and nothing of that size is stored.
 * Throws ShapeError when k is not in [0, n].
 */
export function topK(x: Tensor, k: number, axis = -1, { largest = true }: { largest?: boolean } = {}): Sorted {
  const along = axisOf("topK", axis, x.rank);
  const n = x.shape[along] as number;
  if (!Number.isInteger(k) || k < 0 || k > n) {
    throw new ShapeError(`topK: k = ${k} is outside [0, ${n}], the elements of axis ${along} of ${show(x.shape)}`);
  }
  const last = moveAxis(x, along, x.rank - 1);
  const lead = last.shape.slice(0, -1);
  const all = [...lead, n, n];
  const mine = broadcastTo(reshape(last, [...lead, n, 1]), all);
  const other = broadcastTo(reshape(last, [...lead, 1, n]), all);
  const [low, high] = largest ? [mine, other] : [other, mine];
  const [i, j] = [iota(all, x.rank - 1), iota(all, x.rank)];
  let comesFirst = less(low, high);
  let ties = equal(low, high);
  if (x.dtype === "f32") {
    comesFirst = or(comesFirst, and(nan(high), notEqual(nan(low), nan(high))));
    ties = or(ties, and(nan(low), nan(high)));
  }
  const rank = sum(cast(or(comesFirst, and(ties, less(j, i))), "i32"), -1); // how many come before it
  const places = [...lead, k, n];
  const holds = equal(broadcastTo(reshape(rank, [...lead, 1, n]), places), iota(places, x.rank - 1));
  const indices = moveAxis(sum(select(holds, iota(places, x.rank), 0), -1), x.rank - 1, along);
  const args = [x, k, along, largest];
  const values = takeAlongDim(x, indices, along);
  return { values: saying("topK.values", args, values), indices: saying("topK.indices", args, indices) };
}

/** All elements along `axis` in rising order, or falling with `descending`. As `topK` otherwise. */
export function sort(x: Tensor, axis = -1, { descending = false }: { descending?: boolean } = {}): Sorted {
  const n = x.shape[axisOf("sort", axis, x.rank)] as number;
  return topK(x, n, axis, { largest: descending });
}

/** Positions that would put the elements along `axis` in order, i32. */
export const argsort = (x: Tensor, axis = -1, options?: { descending?: boolean }): Tensor =>
  sort(x, axis, options).indices;
