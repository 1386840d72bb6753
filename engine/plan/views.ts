import type { Ref, View } from "../backends/launch.ts";
import type { Emitter, Index } from "../ops/node.ts";
import type { Tensor } from "../ops/tensor.ts";
import { rowMajor } from "../tensor/index.ts";
import { LaunchEmitter, type Location } from "./emitter.ts";

/** A tensor seen through movement only: the stored tensor below, and its coordinates in the launch's axes. */
export interface Seen {
  readonly base: Tensor;
  readonly at: readonly Index[];
}

const isMovement = (t: Tensor): boolean => {
  const { lower } = t.record;
  return lower.kind === "element" && lower.cost === "free" && t.inputs.length === 1;
};

/**
 * Follows movement (reshape, permute, broadcast, slice, windows ...) from `node` down to the deepest tensor of which
 * `node` is a plain strided view over `axes`. `groups[d]` lists the axes that dimension d of `node` runs over.
 * `stop` names tensors that are stored anyhow.
 * Throws SplitAxis when finer axes would let it go deeper.
 */
export function seeThrough(
  node: Tensor,
  axes: readonly number[],
  groups: readonly (readonly number[])[],
  stop: (t: Tensor) => boolean,
): Seen {
  const arithmetic = new LaunchEmitter(axes, () => undefined);
  let seen: Seen = { base: node, at: arithmetic.coordinates(groups) };
  while (isMovement(seen.base) && !stop(seen.base)) {
    const below = stepThrough(arithmetic, seen);
    if (below === undefined || below.at.some((i) => i.kind !== "affine")) break;
    seen = below;
  }
  return seen;
}

/** The view of a seen tensor once it is stored at `location`. */
export function viewOf(seen: Seen, location: Location): View {
  const rm = rowMajor(seen.base.shape);
  let offset = location.offset;
  let strides: number[] = [];
  for (const [d, index] of seen.at.entries()) {
    if (index.kind !== "affine") throw new Error("plan: a view with a computed coordinate");
    offset += index.offset * (rm[d] as number);
    const scaled = index.strides.map((s) => s * (rm[d] as number));
    strides = strides.length ? strides.map((s, i) => s + (scaled[i] as number)) : scaled;
  }
  return { buffer: location.buffer, offset, strides, dtype: seen.base.dtype };
}

const NOT_A_VIEW = Symbol("not a view");

/** One movement op: where it reads its input, or undefined when it does more than move (fills, computes). */
function stepThrough(arithmetic: LaunchEmitter, seen: Seen): Seen | undefined {
  let found: Seen | undefined;
  const refuse = (): never => {
    throw NOT_A_VIEW;
  };
  const e: Emitter = {
    read: (base, at, outside): Ref => {
      if (outside !== undefined || found !== undefined) return refuse();
      found = { base, at };
      return 0;
    },
    constant: refuse,
    unary: refuse,
    binary: refuse,
    select: refuse,
    cast: refuse,
    philox: refuse,
    value: refuse,
    computed: refuse,
    affine: (at, s, o) => arithmetic.affine(at, s, o),
    sum: (a, b) => arithmetic.sum(a, b),
    split: (at, by) => arithmetic.split(at, by),
    flat: (at, shape) => arithmetic.flat(at, shape),
    unflat: (at, shape) => arithmetic.unflat(at, shape),
    inRange: (at, lo, hi) => (arithmetic.inRange(at, lo, hi) === undefined ? undefined : refuse()),
    all: (...conditions) => (conditions.every((c) => c === undefined) ? undefined : refuse()),
  };
  const { lower } = seen.base.record;
  if (lower.kind !== "element") return undefined;
  try {
    lower.emit(e, seen.at, seen.base, seen.base.attrs);
  } catch (error) {
    if (error === NOT_A_VIEW) return undefined;
    throw error;
  }
  return found;
}
