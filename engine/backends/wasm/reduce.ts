import { sizeOf } from "../../tensor/index.ts";
import { type Axes, simplify } from "../axes.ts";
import type { Instr, Phase, ReduceLaunch } from "../launch.ts";
import { emitLevel, emitStore, type Spot } from "./access.ts";
import type { Running } from "./accumulate.ts";
import { Func, type V128 } from "./assembler.ts";
import { analyze, type Code, cursorsOf, LEVEL } from "./code.ts";
import { Cursors, STILL, type Stride, type VectorAxis, vectorize } from "./cursors.ts";
import { foldInward, foldOutward, type Walk } from "./fold.ts";
import { costOf } from "./instructions.ts";
import { KERNEL_PARAMS, outerLoops, splitOf } from "./loops.ts";
import { cursorLevels, isParallel, type Kernel } from "./map.ts";

/**
 * Emits a reduction. Lanes are neighbours along the last inner axis, folded together at the end (inward), or neighbours
 * along the last outer axis (outward): whichever is contiguous in more of the views. The phases of a row, or of a block
 * of neighbouring rows, follow each other, so that what they all read is read from the cache.
 */
export function emitReduce(launch: ReduceLaunch): Kernel {
  const { outer, inner, phases } = launch;
  const cursors = new Cursors();
  const padded = (strides: readonly number[]) => [...strides, ...inner.map(() => 0)];
  const stores = launch.stores.map((s) => cursors.view(s.view, padded(s.view.strides)));
  const placed = phases.map((phase) => ({
    phase,
    cursor: cursorsOf(phase.code, phase.views, cursors),
    stores: phase.stores.map((s) => cursors.view(s.view)),
  }));
  const epilogueViews = launch.epilogueViews.map((v) => ({ ...v, strides: padded(v.strides) }));
  const epilogueCode = launch.epilogue.map((e) => (e.op === "index" ? { ...e, strides: padded(e.strides) } : e));
  const epilogueCursor = cursorsOf(epilogueCode, epilogueViews, cursors);

  const all = cursors.all.map((c) => c.steps);
  const leader = all.map((_, i) => i);
  const ordered = phases.some((p) => p.accumulators.some((a) => a.fn === "argmax"));
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
  const { rows: before, vector: along } = vectorize(innerAxes);
  const moved = placed.flatMap(({ phase, cursor, stores }) => [
    ...phase.code.flatMap((instr, i) => (instr.op === "load" ? [cursor[i] as number] : [])),
    ...stores,
  ]);
  const inward = isInward(moved, outward.vector, along);
  const still = { length: 1, strides: all.map(() => STILL) };
  const { rows, vector } = inward ? { rows: outerAxes, vector: still } : outward;
  const outerLevels = cursorLevels(rows, vector);
  const levels = innerAxes.steps.map((steps, c) => {
    const deepest = steps.findLastIndex((s) => s !== 0);
    return deepest < 0
      ? (outerLevels[c] as number)
      : LEVEL.inner + (inward ? Math.min(deepest, before.shape.length) : deepest);
  });
  const lanes = inward ? along.strides : vector.strides;
  const codes = placed.map(({ phase, cursor }) => analyze(phase.code, cursor, levels, lanes, !inward));
  const epilogue = analyze(epilogueCode, epilogueCursor, outerLevels, vector.strides, !inward);

  const weight = (list: Code, from: number) =>
    list.instrs.reduce((sum, instr, i) => sum + ((list.level[i] as number) >= from ? costOf(instr) : 0), 2);
  const outerCost = (weight(epilogue, LEVEL.once) + 3 * phases.length) * (inward ? 4 : 1);
  const innerCost = codes.reduce((sum, code) => sum + weight(code, LEVEL.inner), 0);
  const parallel = isParallel(((innerCost * sizeOf(inner) + outerCost) * sizeOf(outer)) / 4);

  const func = new Func(KERNEL_PARAMS);
  const scalars = func.params[1];
  const spot = { f: func, scalars, strides: vector.strides, lanes: 4, ahead: () => 0 };
  const walks = placed.map(({ phase, stores }, p): Walk => {
    const code = codes[p] as Code;
    const own = new Set([...code.cursor, ...stores]);
    const ofOwn = ({ shape, steps }: Axes) => ({
      shape,
      steps: steps.map((s, c) => (own.has(c) ? s : s.map(() => 0))),
    });
    return {
      func,
      scalars,
      code,
      accumulators: accumulatorsOf(phase),
      stores: phase.stores.map((store, i) => ({ store, cursor: stores[i] as number })),
      axes: ofOwn(inward ? before : innerAxes),
      along: { ...along, strides: along.strides.map((s, c) => (own.has(c) ? s : STILL)) },
      ordered: phase.accumulators.some((a) => a.fn === "argmax"),
    };
  });
  const base = walks.map((): V128[] => []);
  let row: V128[][] = [];
  outerLoops({
    f: func,
    cursors: cursors.all,
    rows,
    vector,
    split: parallel ? splitOf(sizeOf(rows.shape), vector.length) : "none",
    copies: inward ? 1 : copiesFor(Math.max(...codes.map((code) => weight(code, LEVEL.inner)))),
    start: (at) => {
      walks.forEach(({ code }, p) => {
        emitLevel(code, LEVEL.once, base[p] as V128[], { ...spot, at });
      });
    },
    row: (at) => {
      row = base.map((values) => [...values]);
      walks.forEach(({ code }, p) => {
        emitLevel(code, LEVEL.row, row[p] as V128[], { ...spot, at });
      });
    },
    block: (at, size) => {
      const lanes = Math.min(size, 4);
      const folded = Array.from({ length: Math.ceil(size / 4) }, (): V128[] => []);
      const spots = folded.map((accs, copy): Spot => {
        const ahead = (c: number) => (vector.strides[c] as Stride).block * copy;
        return { ...spot, at, lanes, ahead, acc: (a) => accs[a] as V128 };
      });
      walks.forEach((walk, p) => {
        const values = spots.map((own) => {
          const set = [...(row[p] as V128[])];
          emitLevel(walk.code, LEVEL.element, set, own);
          return set;
        });
        const results = inward ? [foldInward(walk, at, values[0] as V128[])] : foldOutward(walk, spots, values);
        results.forEach((running, copy) => {
          folded[copy]?.push(...walk.accumulators.map((a) => resultOf(a, running)));
        });
      });
      spots.forEach((own) => {
        const done: V128[] = [];
        for (const level of [LEVEL.once, LEVEL.row, LEVEL.element]) emitLevel(epilogue, level, done, own);
        launch.stores.forEach((store, i) => {
          emitStore(epilogue, store, stores[i] as number, done, own);
        });
      });
    },
  });
  return { func, places: cursors.places, parallel };
}

/** Blocks of four neighbouring rows that are folded side by side. */
const copiesFor = (cost: number) => (cost <= 8 ? 4 : cost <= 20 ? 2 : 1);

function accumulatorsOf({ code, accumulators }: Phase): Walk["accumulators"] {
  return accumulators.map(({ fn, value, dtype }, i) => {
    const from = (code[value] as Instr).dtype;
    const twin = accumulators.findIndex((a) => a.fn === "argmax" && a.value === value);
    return {
      fn,
      value,
      from,
      dtype: fn === "argmax" ? from : dtype,
      source: fn === "max" && dtype === from && twin >= 0 ? twin : i,
    };
  });
}

function resultOf({ fn, source }: Walk["accumulators"][number], running: readonly Running[]): V128 {
  const { value, position } = running[source] as Running;
  return fn === "argmax" && position ? position : value;
}

function isInward(moved: readonly number[], outward: VectorAxis, along: VectorAxis): boolean {
  if (along.length < 4) return false;
  if (outward.length < 4) return true;
  const score = ({ strides }: VectorAxis) =>
    moved.reduce((sum, c) => {
      const [, first = 0, second = 0] = (strides[c] as Stride).lanes;
      if (first === 4 && second === 8) return sum + 4;
      return sum + (second === 0 ? 3 : second <= 16 ? 2 : 0);
    }, 0);
  const difference = score(outward) - score(along);
  return difference === 0 ? outward.length < 16 : difference < 0;
}
