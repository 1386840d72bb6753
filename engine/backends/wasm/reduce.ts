import { type DType, sizeOf } from "../../tensor/index.ts";
import { type Axes, simplify } from "../axes.ts";
import type { Instr, ReduceLaunch } from "../launch.ts";
import { emitLevel, emitStore, type Spot } from "./access.ts";
import { begin, beginWith, combine, combineLanes, fold, type Running } from "./accumulate.ts";
import { Func, type I32, i32, i32x4, type V128, v128 } from "./assembler.ts";
import { analyze, type Code, cursorsOf, LEVEL } from "./code.ts";
import { Cursors, evenStride, type Stride, type VectorAxis, vectorize } from "./cursors.ts";
import { cast, costOf } from "./instructions.ts";
import { KERNEL_PARAMS, outerLoops, splitOf, vectorLoop } from "./loops.ts";
import { cursorLevels, isParallel, type Kernel } from "./map.ts";

/** Inner elements up to which the inner loops are written out. */
const UNROLLED_INNER = 9;

/**
 * Emits a reduction. Lanes are neighbours along the last inner axis, folded together at the end (inward), or neighbours
 * along the last outer axis (outward): whichever is contiguous in more of the views.
 */
export function emitReduce(launch: ReduceLaunch): Kernel {
  const { outer, inner, accumulators } = launch;
  const cursors = new Cursors();
  const padded = (strides: readonly number[]) => [...strides, ...inner.map(() => 0)];
  const stores = launch.stores.map((s) => cursors.view(s.view, padded(s.view.strides)));
  const cursor = cursorsOf(launch.code, launch.views, cursors);
  const epilogueViews = launch.epilogueViews.map((v) => ({ ...v, strides: padded(v.strides) }));
  const epilogueCode = launch.epilogue.map((e) => (e.op === "index" ? { ...e, strides: padded(e.strides) } : e));
  const epilogueCursor = cursorsOf(epilogueCode, epilogueViews, cursors);

  const all = cursors.all.map((c) => c.steps);
  const leader = all.map((_, i) => i);
  const ordered = accumulators.some((a) => a.fn === "argmax");
  const outerAxes = simplify(
    outer,
    all.map((s) => s.slice(0, outer.length)),
    leader,
  );
  const innerAxes = simplify(
    inner,
    all.map((s) => s.slice(outer.length)),
    ordered ? [] : leader,
  );
  const outward = vectorize(outerAxes);
  const along: VectorAxis = {
    length: innerAxes.shape.at(-1) ?? 1,
    strides: innerAxes.steps.map((s) => evenStride(s.at(-1) ?? 0)),
  };
  const loads = launch.code.flatMap((instr, i) => (instr.op === "load" ? [cursor[i] as number] : []));
  const inward = isInward(loads, outward.vector, along);
  const still = { length: 1, strides: all.map(() => evenStride(0)) };
  const { rows, vector } = inward ? { rows: outerAxes, vector: still } : outward;
  const outerLevels = cursorLevels(rows, vector);
  const levels = innerAxes.steps.map((steps, c) => {
    const deepest = steps.findLastIndex((s) => s !== 0);
    return deepest < 0 ? (outerLevels[c] as number) : LEVEL.inner + deepest;
  });
  const code = analyze(launch.code, cursor, levels, inward ? along.strides : vector.strides);
  const epilogue = analyze(epilogueCode, epilogueCursor, outerLevels, vector.strides);

  const weight = (list: Code, from: number) =>
    list.instrs.reduce((sum, instr, i) => sum + ((list.level[i] as number) >= from ? costOf(instr) : 0), 2);
  const innerCost = weight(code, LEVEL.inner);
  const outerCost = (weight(epilogue, LEVEL.once) + 3) * (inward ? 4 : 1);
  const parallel = isParallel(((innerCost * sizeOf(inner) + outerCost) * sizeOf(outer)) / 4);
  const copies = innerCost <= 8 ? 4 : innerCost <= 20 ? 2 : 1;

  const func = new Func(KERNEL_PARAMS);
  const spot = { f: func, scalars: func.params[1], strides: vector.strides, lanes: 4, ahead: () => 0 };
  const body: Body = {
    func,
    scalars: func.params[1],
    code,
    accumulators: accumulators.map(({ fn, value, dtype }) => {
      const from = (launch.code[value] as Instr).dtype;
      const twin = accumulators.findIndex((a) => a.fn === "argmax" && a.value === value);
      return {
        fn,
        value,
        from,
        dtype: fn === "argmax" ? from : dtype,
        twin: fn === "max" && dtype === from ? twin : -1,
      };
    }),
    axes: innerAxes,
    along,
    strides: vector.strides,
    ordered,
  };
  const base: V128[] = [];
  let row: V128[] = [];
  outerLoops({
    f: func,
    cursors: cursors.all,
    rows,
    vector,
    split: parallel ? splitOf(sizeOf(rows.shape), vector.length) : "none",
    copies: inward ? 1 : copies,
    start: (at) => emitLevel(code, LEVEL.once, base, { ...spot, at }),
    row: (at) => {
      row = [...base];
      emitLevel(code, LEVEL.row, row, { ...spot, at });
    },
    block: (at, size) => {
      const lanes = Math.min(size, 4);
      const spots = Array.from({ length: Math.ceil(size / 4) }, (_, copy): Spot => {
        const ahead = (c: number) => (vector.strides[c] as Stride).block * copy;
        return { ...spot, at, lanes, ahead };
      });
      const values = spots.map((own) => {
        const set = [...row];
        emitLevel(code, LEVEL.element, set, own);
        return set;
      });
      const results = inward ? [foldInward(body, at, row, copies)] : foldOutward(body, spots, values);
      spots.forEach((own, copy) => {
        const acc = (a: number) => {
          const { fn, twin } = body.accumulators[a] as Accumulator;
          const { value, position } = (results[copy] as Running[])[twin < 0 ? a : twin] as Running;
          return fn === "argmax" && position ? position : value;
        };
        const done: V128[] = [];
        for (const level of [LEVEL.once, LEVEL.row, LEVEL.element]) emitLevel(epilogue, level, done, { ...own, acc });
        launch.stores.forEach((store, i) => {
          emitStore(epilogue, store, stores[i] as number, done, own);
        });
      });
    },
  });
  return { func, places: cursors.places, parallel };
}

function isInward(loads: readonly number[], outward: VectorAxis, along: VectorAxis): boolean {
  if (along.length < 4) return false;
  if (outward.length < 4) return true;
  const score = ({ strides }: VectorAxis) =>
    loads.reduce((sum, c) => {
      const [, first = 0, second = 0] = (strides[c] as Stride).lanes;
      if (first === 4 && second === 8) return sum + 4;
      return sum + (second === 0 ? 3 : second <= 16 ? 2 : 0);
    }, 0);
  const difference = score(outward) - score(along);
  return difference === 0 ? outward.length < 16 : difference < 0;
}

interface Accumulator {
  readonly fn: "sum" | "max" | "argmax";
  /** The folded instruction, its dtype, and the dtype in which it is folded. */
  readonly value: number;
  readonly from: DType;
  readonly dtype: DType;
  /** For a max: the argmax of the same value, which knows it, or -1. */
  readonly twin: number;
}

/** What the inner loops need to know. */
interface Body {
  readonly func: Func;
  readonly scalars: I32;
  readonly code: Code;
  readonly accumulators: readonly Accumulator[];
  /** The inner axes, the last of them as vectors, and the vectors of the outer axes. */
  readonly axes: Axes;
  readonly along: VectorAxis;
  readonly strides: readonly Stride[];
  /** Whether positions are counted. */
  readonly ordered: boolean;
}

const beginAll = ({ func, accumulators }: Body): Running[] => accumulators.map((a) => begin(func, a, a.dtype));

function foldAll(
  body: Body,
  values: readonly V128[],
  running: readonly Running[],
  lanes: number,
  position: () => V128,
) {
  body.accumulators.forEach((a, i) => {
    if (a.twin >= 0) return;
    const value = cast(values[a.value] as V128, a.from, a.dtype);
    fold(body.func, a, a.dtype, running[i] as Running, value, position(), lanes);
  });
}

/** Loops over the first `count` inner axes; `innermost` gets the cursors there. */
function innerLoops(
  { func, axes: { shape, steps } }: Body,
  count: number,
  start: readonly I32[],
  innermost: (at: readonly I32[]) => void,
  enter: (axis: number, at: readonly I32[]) => void,
): void {
  const at = start.map((s, c) => (steps[c]?.slice(0, count).some((x) => x !== 0) ? func.let(s) : s));
  const loop = (axis: number) => {
    if (axis === count) {
      innermost(at);
      return;
    }
    func.for(0, shape[axis] as number, 1, () => {
      enter(axis, at);
      loop(axis + 1);
      at.forEach((local, c) => {
        const walked = axis + 1 < count ? (steps[c]?.[axis + 1] as number) * (shape[axis + 1] as number) : 0;
        const step = (steps[c]?.[axis] as number) - walked;
        if (step !== 0) func.advance(local, step);
      });
    });
  };
  loop(0);
}

/** Lanes along the last inner axis: several sets of registers take turns; all end up in lane 0 of the first. */
function foldInward(body: Body, start: readonly I32[], row: readonly V128[], copies: number): Running[] {
  const { func, scalars, code, axes, along, accumulators, ordered } = body;
  const sets = Array.from({ length: copies }, () => beginAll(body));
  const values = [...row];
  const count = Math.max(axes.shape.length - 1, 0);
  const position = func.let(i32.const(0));
  const spot = { f: func, scalars, strides: along.strides, lanes: 4, ahead: () => 0 };
  const innermost = (cursors: readonly I32[]) =>
    vectorLoop(func, cursors, along, [i32.const(0), i32.const(along.length)], copies, (at, size) => {
      const lanes = Math.min(size, 4);
      for (let first = 0; first < size; first += 4) {
        const own = [...values];
        const ahead = (c: number) => ((along.strides[c] as Stride).block * first) / 4;
        emitLevel(code, LEVEL.inner + count, own, { ...spot, at, lanes, ahead });
        foldAll(body, own, sets[first / 4] as Running[], lanes, () =>
          i32x4.add(i32x4.splat(i32.add(position, first)), v128.const([0, 1, 2, 3])),
        );
      }
      if (ordered) func.advance(position, size);
    });
  innerLoops(body, count, start, innermost, (axis, at) => emitLevel(code, LEVEL.inner + axis, values, { ...spot, at }));
  const [result, ...others] = sets as [Running[], ...Running[][]];
  accumulators.forEach((a, i) => {
    if (a.twin >= 0) return;
    for (const other of others) combine(func, a, a.dtype, result[i] as Running, other[i] as Running);
    combineLanes(func, a, a.dtype, result[i] as Running);
  });
  return result;
}

/** Lanes along the last outer axis: every copy has its own registers; few inner elements are written out. */
function foldOutward(body: Body, spots: readonly Spot[], values: readonly (readonly V128[])[]): Running[][] {
  const { func, code, axes, accumulators, ordered } = body;
  const { shape, steps } = axes;
  const few = sizeOf(shape) <= UNROLLED_INNER && sizeOf(shape) > 0;
  const sets = spots.map(() => (few ? [] : beginAll(body)));
  const element = (at: readonly I32[], position: V128 | undefined, further: (c: number) => number) => {
    spots.forEach((spot, copy) => {
      const own = [...(values[copy] as readonly V128[])];
      const here = { ...spot, at, ahead: (c: number) => spot.ahead(c) + further(c) };
      for (const axis of shape.keys()) emitLevel(code, LEVEL.inner + axis, own, here);
      if (position) foldAll(body, own, sets[copy] as Running[], 4, () => position);
      else sets[copy] = accumulators.map((a) => beginWith(func, a, cast(own[a.value] as V128, a.from, a.dtype)));
    });
  };
  const start = (spots[0] as Spot).at;
  if (!few) {
    const position = func.let(i32.const(0));
    const innermost = (at: readonly I32[]) => {
      element(at, i32x4.splat(position), () => 0);
      if (ordered) func.advance(position, 1);
    };
    innerLoops(body, shape.length, start, innermost, () => {});
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
