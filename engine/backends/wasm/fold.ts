import { type DType, sizeOf } from "../../tensor/index.ts";
import type { Axes } from "../axes.ts";
import type { Store } from "../launch.ts";
import { emitLevel, emitStore, type Spot } from "./access.ts";
import { begin, beginWith, combine, combineLanes, fold, type Running } from "./accumulate.ts";
import { type Func, type I32, i32, i32x4, type V128, v128 } from "./assembler.ts";
import { type Code, LEVEL } from "./code.ts";
import type { Stride, VectorAxis } from "./cursors.ts";
import { cast } from "./instructions.ts";
import { vectorLoop } from "./loops.ts";

/** Inner elements up to which the inner loops are written out. */
const UNROLLED_INNER = 9;
/** Sets of registers that take turns along a row. A row folds in the same order whatever else the launch computes. */
const SETS = 4;

/** A phase on its way through the inner axes. */
export interface Walk {
  readonly func: Func;
  readonly scalars: I32;
  readonly code: Code;
  readonly accumulators: readonly {
    readonly fn: "sum" | "max" | "argmax";
    /** The folded instruction, its dtype, and the dtype in which it is folded. */
    readonly value: number;
    readonly from: DType;
    readonly dtype: DType;
    /** Itself; for a max the argmax of the same value, which knows it. */
    readonly source: number;
  }[];
  readonly stores: readonly { readonly store: Store; readonly cursor: number }[];
  /** The inner axes; for lanes along the last of them those before it, and it. Cursors of other phases stand still. */
  readonly axes: Axes;
  readonly along: VectorAxis;
  /** Whether positions are counted. */
  readonly ordered: boolean;
}

const beginAll = ({ func, accumulators }: Walk): Running[] => accumulators.map((a) => begin(func, a, a.dtype));

const isOwn = ({ accumulators }: Walk, i: number) => accumulators[i]?.source === i;

function foldAll(
  walk: Walk,
  values: readonly V128[],
  running: readonly Running[],
  lanes: number,
  position: () => V128,
) {
  walk.accumulators.forEach((a, i) => {
    if (!isOwn(walk, i)) return;
    const value = cast(values[a.value] as V128, a.from, a.dtype);
    fold(walk.func, a, a.dtype, running[i] as Running, value, position(), lanes);
  });
}

function combineAll(walk: Walk, into: readonly Running[], other: readonly Running[]): void {
  walk.accumulators.forEach((a, i) => {
    if (isOwn(walk, i)) combine(walk.func, a, a.dtype, into[i] as Running, other[i] as Running);
  });
}

function storeAll({ code, stores }: Walk, values: readonly V128[], spot: Spot): void {
  for (const { store, cursor } of stores) emitStore(code, store, cursor, values, spot);
}

/** Loops over the axes; `innermost` gets the cursors there. */
function innerLoops(
  { func, axes: { shape, steps } }: Walk,
  start: readonly I32[],
  innermost: (at: readonly I32[]) => void,
  enter: (axis: number, at: readonly I32[]) => void,
): void {
  const at = start.map((s, c) => (steps[c]?.some((x) => x !== 0) ? func.let(s) : s));
  const loop = (axis: number) => {
    if (axis === shape.length) {
      innermost(at);
      return;
    }
    func.for(0, shape[axis] as number, 1, () => {
      enter(axis, at);
      loop(axis + 1);
      at.forEach((local, c) => {
        const walked = axis + 1 < shape.length ? (steps[c]?.[axis + 1] as number) * (shape[axis + 1] as number) : 0;
        const step = (steps[c]?.[axis] as number) - walked;
        if (step !== 0) func.advance(local, step);
      });
    });
  };
  loop(0);
}

/**
 * Lanes along the last inner axis: several sets of registers take turns; the result is in all lanes. `row` holds what
 * does not change on the way.
 */
export function foldInward(walk: Walk, start: readonly I32[], row: readonly V128[]): Running[] {
  const { func, scalars, code, axes, along, accumulators, ordered } = walk;
  const sets = Array.from({ length: along.length < 4 * SETS ? 1 : SETS }, () => beginAll(walk));
  const values = [...row];
  const count = axes.shape.length;
  const position = func.let(i32.const(0));
  const spot = { f: func, scalars, strides: along.strides, lanes: 4, ahead: () => 0 };
  const innermost = (cursors: readonly I32[]) =>
    vectorLoop(func, cursors, along, [i32.const(0), i32.const(along.length)], SETS, (at, size) => {
      const lanes = Math.min(size, 4);
      for (let first = 0; first < size; first += 4) {
        const own = [...values];
        const ahead = (c: number) => ((along.strides[c] as Stride).block * first) / 4;
        const here = { ...spot, at, lanes, ahead };
        emitLevel(code, LEVEL.inner + count, own, here);
        foldAll(walk, own, sets[first / 4] as Running[], lanes, () =>
          i32x4.add(i32x4.splat(i32.add(position, first)), v128.const([0, 1, 2, 3])),
        );
        storeAll(walk, own, here);
      }
      if (ordered) func.advance(position, size);
    });
  const enter = (axis: number, at: readonly I32[]) => emitLevel(code, LEVEL.inner + axis, values, { ...spot, at });
  innerLoops(walk, start, innermost, enter);
  const [result, ...others] = sets as [Running[], ...Running[][]];
  for (const other of others) combineAll(walk, result, other);
  accumulators.forEach((a, i) => {
    if (isOwn(walk, i)) combineLanes(func, a, a.dtype, result[i] as Running);
  });
  return result;
}

/** Lanes along the last outer axis: every copy has its own registers; few inner elements are written out. */
export function foldOutward(
  walk: Walk,
  spots: readonly Spot[],
  values: readonly (readonly V128[])[],
): (readonly Running[])[] {
  const { func, code, axes, accumulators, ordered } = walk;
  const { shape, steps } = axes;
  const few = sizeOf(shape) <= UNROLLED_INNER && sizeOf(shape) > 0;
  const sets = spots.map(() => (few ? [] : beginAll(walk)));
  const element = (at: readonly I32[], position: V128 | undefined, further: (c: number) => number) => {
    spots.forEach((spot, copy) => {
      const own = [...(values[copy] as readonly V128[])];
      const here = { ...spot, at, ahead: (c: number) => spot.ahead(c) + further(c) };
      for (const axis of shape.keys()) emitLevel(code, LEVEL.inner + axis, own, here);
      if (position) foldAll(walk, own, sets[copy] as Running[], 4, () => position);
      else sets[copy] = accumulators.map((a) => beginWith(func, a, cast(own[a.value] as V128, a.from, a.dtype)));
      storeAll(walk, own, here);
    });
  };
  const start = (spots[0] as Spot).at;
  if (!few) {
    const position = func.let(i32.const(0));
    const innermost = (at: readonly I32[]) => {
      element(at, i32x4.splat(position), () => 0);
      if (ordered) func.advance(position, 1);
    };
    innerLoops(walk, start, innermost, () => {});
    return sets;
  }
  for (let i = 0; i < sizeOf(shape); i++) {
    let rest = i;
    const coordinate = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis] as number;
      coordinate[axis] = rest % length;
      rest = Math.floor(rest / length);
    }
    const further = (c: number) => coordinate.reduce((sum, x, axis) => sum + x * (steps[c]?.[axis] as number), 0);
    element(start, i === 0 ? undefined : i32x4.const(i), further);
  }
  return sets;
}
