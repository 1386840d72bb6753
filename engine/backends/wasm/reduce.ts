import { type DType, sizeOf } from "../../tensor/index.ts";
import type { Instr, ReduceLaunch } from "../launch.ts";
import { begin, combine, combineLanes, fold, type Running } from "./accumulate.ts";
import { Func, type I32, i32, i32x4, type Local, type V128, v128 } from "./assembler.ts";
import { simplify } from "./axes.ts";
import { cast, costOf } from "./instructions.ts";
import {
  analyze,
  Cursors,
  cursorsOf,
  emitLevel,
  emitStore,
  KERNEL_PARAMS,
  lastAxis,
  outerLoops,
  type Spot,
} from "./kernel.ts";
import { isParallel, type Kernel, splitOf } from "./map.ts";

/** Inner elements up to which the inner loops are written out. */
const UNROLLED_INNER = 9;

/**
 * Emits a reduction. Lanes are neighbours along the last inner axis, folded together at the end, or neighbours along
 * the last outer axis: whichever is contiguous in more of the views.
 */
export function emitReduce(launch: ReduceLaunch): Kernel {
  const { outer, accumulators } = launch;
  const cursors = new Cursors();
  const padded = (strides: readonly number[]) => [...strides, ...launch.inner.map(() => 0)];
  const stores = launch.stores.map((s) => cursors.view(s.view, padded(s.view.strides)));
  const cursor = cursorsOf(launch.code, launch.views, cursors);
  const epilogueViews = launch.epilogueViews.map((v) => ({ ...v, strides: padded(v.strides) }));
  const epilogueCode = launch.epilogue.map((e) => (e.op === "index" ? { ...e, strides: padded(e.strides) } : e));
  const epilogueCursor = cursorsOf(epilogueCode, epilogueViews, cursors);

  const all = cursors.all.map((c) => c.steps);
  const leader = all.map((_, i) => i);
  const outerAxes = simplify(
    outer,
    all.map((s) => s.slice(0, outer.length)),
    leader,
  );
  const ordered = accumulators.some((a) => a.fn === "argmax");
  const innerAxes = simplify(
    launch.inner,
    all.map((s) => s.slice(outer.length)),
    ordered ? [] : leader,
  );
  const outerLast = outerAxes.steps.map((s) => s.at(-1) ?? 0);
  const innerLast = innerAxes.steps.map((s) => s.at(-1) ?? 0);
  const along = lanesAlong(
    launch,
    cursor,
    outerAxes.shape.at(-1) ?? 1,
    outerLast,
    innerAxes.shape.at(-1) ?? 1,
    innerLast,
  );
  const inward = along === "inner";

  const loopSteps = all.map((_, i) => [
    outerAxes.steps[i]?.slice(0, -1).find((x) => x !== 0) ?? 0,
    outerLast[i] as number,
    ...(innerAxes.steps[i] as readonly number[]),
  ]);
  const deepest = innerAxes.shape.length + 2;
  const code = analyze(launch.code, cursor, loopSteps, inward ? deepest - 1 : 1);
  const epilogue = analyze(epilogueCode, epilogueCursor, loopSteps, 1, 2);
  const dtypes = accumulators.map((a) => (a.fn === "argmax" ? (launch.code[a.value] as Instr).dtype : a.dtype));

  const weight = (list: typeof code, level: number) =>
    list.instrs.reduce((sum, instr, i) => sum + ((list.level[i] as number) >= level ? costOf(instr) : 0), 2);
  const innerCost = weight(code, 3);
  const cost =
    (innerCost * sizeOf(launch.inner) + weight(epilogue, 0) * (inward ? 4 : 1) + (inward ? 12 : 0)) * sizeOf(outer);
  const parallel = isParallel(cost / 4);
  const copies = innerCost <= 8 ? 4 : innerCost <= 20 ? 2 : 1;
  const blocks = [...new Set([copies * 4, 4, 1])];

  const func = new Func(KERNEL_PARAMS);
  const place = { f: func, scalars: func.params[1] ?? i32.const(0) };
  const laneStep = inward ? innerLast : outerLast;
  const base: V128[] = [];
  let row: V128[] = [];

  const block = (at: readonly I32[], size: number) => {
    const outerLanes = size >= 4 ? 4 : 1;
    const firsts = Array.from({ length: size / outerLanes }, (_, i) => i * 4);
    const spotOf = (first: number): Spot => ({
      ...place,
      lanes: inward ? 4 : outerLanes,
      at,
      laneStep,
      ahead: (c) => first * (outerLast[c] as number),
    });
    const values = firsts.map((first) => {
      const own = [...row];
      emitLevel(code, 2, own, spotOf(first));
      return own;
    });
    const sets = inward ? Array.from({ length: copies }, () => values[0] as V128[]) : values;
    const running = sets.map(() => accumulators.map((a, i) => begin(func, a, dtypes[i] as DType)));
    const inner: Inner = {
      ...launch,
      func,
      place,
      code,
      dtypes,
      shape: innerAxes.shape,
      steps: innerAxes.steps,
      laneStep,
    };
    if (inward) foldInward(inner, at, sets[0] as V128[], running, blocks);
    else foldBlock(inner, at, values, running, outerLanes, (c, copy) => copy * 4 * (outerLast[c] as number));
    firsts.forEach((first, copy) => {
      const spot: Spot = {
        ...place,
        lanes: outerLanes,
        at,
        laneStep: outerLast,
        ahead: (c) => first * (outerLast[c] as number),
        acc: (a) => {
          const { value, position } = (running[copy] as Running[])[a] as Running;
          return position ?? value;
        },
      };
      const done: V128[] = [];
      for (const level of [0, 1, 2]) emitLevel(epilogue, level, done, spot);
      launch.stores.forEach((store, i) => {
        emitStore(epilogue, store, stores[i] as number, done, spot);
      });
    });
  };

  outerLoops({
    f: func,
    shape: outerAxes.shape,
    cursors: cursors.all.map((c, i) => ({ ...c, steps: outerAxes.steps[i] as readonly number[] })),
    split: parallel ? splitOf(outerAxes.shape) : "none",
    blocks: inward ? [1] : blocks,
    start: (at) => emitLevel(code, 0, base, { ...place, lanes: 4, at, laneStep, ahead: () => 0 }),
    row: (at) => {
      row = [...base];
      emitLevel(code, 1, row, { ...place, lanes: 4, at, laneStep, ahead: () => 0 });
    },
    block,
  });
  return { func, places: cursors.places, parallel };
}

/** What the inner loops need to know. */
interface Inner extends Pick<ReduceLaunch, "accumulators"> {
  readonly func: Func;
  readonly place: Pick<Spot, "f" | "scalars">;
  readonly code: ReturnType<typeof analyze>;
  /** What each accumulator folds. */
  readonly dtypes: readonly DType[];
  readonly shape: readonly number[];
  readonly steps: readonly (readonly number[])[];
  readonly laneStep: readonly number[];
}

function lanesAlong(
  launch: ReduceLaunch,
  cursor: readonly (number | undefined)[],
  outerLength: number,
  outerLast: readonly number[],
  innerLength: number,
  innerLast: readonly number[],
): "inner" | "outer" {
  if (innerLength < 4) return "outer";
  if (outerLength < 4) return "inner";
  const score = (steps: readonly number[]) =>
    launch.code.reduce((sum, instr, i) => {
      const step = instr.op === "load" ? Math.abs(steps[cursor[i] as number] as number) : -1;
      return sum + (step === 4 ? 4 : step === 0 ? 3 : step === 8 ? 2 : 0);
    }, 0);
  const difference = score(outerLast) - score(innerLast);
  if (difference === 0) return outerLength >= 16 ? "outer" : "inner";
  return difference > 0 ? "outer" : "inner";
}

/** Loops over all inner axes but the last; `body` gets the cursors there. */
function innerLoops(
  inner: Inner,
  at: readonly I32[],
  values: readonly V128[][],
  body: (at: readonly I32[]) => void,
  axes: number,
) {
  const { func, shape, steps } = inner;
  const own = at.map((start, c) => (steps[c]?.slice(0, axes).some((s) => s !== 0) ? func.let(start) : start));
  const loop = (axis: number) => {
    if (axis === axes) return body(own);
    func.for(0, shape[axis] as number, 1, () => {
      for (const copy of values)
        emitLevel(inner.code, axis + 3, copy, {
          ...inner.place,
          lanes: 4,
          at: own,
          laneStep: inner.laneStep,
          ahead: () => 0,
        });
      loop(axis + 1);
      own.forEach((local, c) => {
        const step = steps[c]?.[axis] as number;
        const walked = axis + 1 < axes ? (steps[c]?.[axis + 1] as number) * (shape[axis + 1] as number) : 0;
        if (step !== walked) func.advance(local, step - walked);
      });
    });
  };
  loop(0);
}

/** Lanes along the last inner axis: several sets of registers take turns, and are folded into set 0, lane 0. */
function foldInward(inner: Inner, at: readonly I32[], values: V128[], running: Running[][], blocks: readonly number[]) {
  const { func, accumulators, dtypes, laneStep, shape, code } = inner;
  const axes = Math.max(shape.length - 1, 0);
  const position = func.let(i32.const(0));
  const needsPosition = accumulators.some((a) => a.fn === "argmax");
  const last = (cursors: readonly I32[]) =>
    lastAxis(func, cursors, laneStep, i32.const(0), i32.const(shape.at(-1) ?? 1), blocks, (own, size) => {
      const lanes = size >= 4 ? 4 : 1;
      for (let first = 0; first < size; first += 4) {
        const copy = [...values];
        emitLevel(code, axes + 3, copy, {
          ...inner.place,
          lanes,
          at: own,
          laneStep,
          ahead: (c) => first * (laneStep[c] as number),
        });
        accumulate(inner, copy, running[first / 4] as Running[], lanes, () =>
          i32x4.add(i32x4.splat(i32.add(position, first)), v128.const([0, 1, 2, 3])),
        );
      }
      if (needsPosition) func.advance(position, size);
    });
  innerLoops(inner, at, [values], last, axes);
  accumulators.forEach((a, i) => {
    const [first, ...others] = running.map((set) => set[i] as Running);
    const dtype = dtypes[i] as DType;
    for (const other of others) combine(func, a, dtype, first as Running, other);
    combineLanes(func, a, dtype, first as Running);
  });
}

/** Lanes along the last outer axis: every copy has its own registers; the inner loops are plain, or written out. */
function foldBlock(
  inner: Inner,
  at: readonly I32[],
  values: V128[][],
  running: Running[][],
  lanes: 4 | 1,
  ahead: (cursor: number, copy: number) => number,
) {
  const { func, accumulators, shape, steps, laneStep, code } = inner;
  const total = sizeOf(shape);
  const deepest = shape.length + 2;
  const each = (own: readonly I32[], position: V128, levels: readonly number[], further: (c: number) => number) => {
    values.forEach((set, copy) => {
      const mine = [...set];
      for (const level of levels) {
        emitLevel(code, level, mine, {
          ...inner.place,
          lanes,
          at: own,
          laneStep,
          ahead: (c) => ahead(c, copy) + further(c),
        });
      }
      accumulate(inner, mine, running[copy] as Running[], lanes, () => position);
    });
  };
  if (total <= UNROLLED_INNER) {
    const levels = shape.map((_, axis) => axis + 3);
    for (let i = 0; i < total; i++) {
      let rest = i;
      const coordinate = shape.map(() => 0);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        coordinate[axis] = rest % (shape[axis] as number);
        rest = Math.floor(rest / (shape[axis] as number));
      }
      each(at, i32x4.const(i), levels, (c) =>
        coordinate.reduce((sum, x, axis) => sum + x * (steps[c]?.[axis] as number), 0),
      );
    }
    return;
  }
  const position: Local<"i32"> = func.let(i32.const(0));
  const needsPosition = accumulators.some((a) => a.fn === "argmax");
  innerLoops(
    { ...inner, shape },
    at,
    [],
    (own) => {
      each(
        own,
        i32x4.splat(position),
        Array.from({ length: deepest - 2 }, (_, i) => i + 3),
        () => 0,
      );
      if (needsPosition) func.advance(position, 1);
    },
    shape.length,
  );
}

function accumulate(
  inner: Inner,
  values: readonly V128[],
  running: readonly Running[],
  lanes: 4 | 1,
  position: () => V128,
) {
  inner.accumulators.forEach((a, i) => {
    const dtype = inner.dtypes[i] as DType;
    const value = cast(values[a.value] as V128, (inner.code.instrs[a.value] as Instr).dtype, dtype);
    fold(inner.func, a, dtype, running[i] as Running, value, position(), lanes);
  });
}
