import { sizeOf } from "../../tensor/index.ts";
import { type Axes, simplify } from "../axes.ts";
import type { Instr, MapLaunch } from "../launch.ts";
import { emitLevel, emitStore } from "./access.ts";
import { Func, type V128, v128 } from "./assembler.ts";
import { analyze, type Code, cursorsOf, LEVEL } from "./code.ts";
import { type Cursor, Cursors, type Place, type Stride, type VectorAxis, vectorize } from "./cursors.ts";
import { costOf } from "./instructions.ts";
import { KERNEL_PARAMS, outerLoops, splitOf } from "./loops.ts";
import { philox16 } from "./philox.ts";

type Philox = Extract<Instr, { op: "philox" }>;

/** A kernel and the addresses it wants in its descriptor. */
export interface Kernel {
  readonly func: Func;
  readonly places: readonly Place[];
  /** False when the launch is too small to be worth a barrier: then one thread runs it. */
  readonly parallel: boolean;
}

/** Vector operations below which a launch stays on one thread: about three microseconds. */
const PARALLEL_COST = 6000;

export const isParallel = (cost: number) => cost > PARALLEL_COST;

/** Emits a map: axes in the order of the first store's strides, the last one vectorized. */
export function emitMap(launch: MapLaunch): Kernel {
  const cursors = new Cursors();
  const stores = launch.stores.map((s) => cursors.view(s.view));
  const cursor = cursorsOf(launch.code, launch.views, cursors);
  const all = cursors.all.map((c) => c.steps);
  const { rows, vector } = vectorize(
    simplify(
      launch.shape,
      all,
      all.map((_, i) => i),
    ),
  );
  const code = analyze(launch.code, cursor, cursorLevels(rows, vector), vector.strides);

  const inOrder = wordsInOrder(code, cursors.all, rows, vector);
  const cost = launch.code.reduce((sum, instr, i) => sum + (code.level[i] === LEVEL.element ? costOf(instr) : 0), 2);
  const parallel = isParallel((cost * sizeOf(launch.shape)) / 4);
  const copies = cost <= 12 || inOrder.size > 0 ? 4 : cost <= 30 ? 2 : 1;
  const func = new Func(KERNEL_PARAMS);
  const spot = { f: func, scalars: func.params[1], strides: vector.strides, lanes: 4, ahead: () => 0 };
  const base: V128[] = [];
  let row: V128[] = [];
  outerLoops({
    f: func,
    cursors: cursors.all,
    rows,
    vector,
    split: parallel ? splitOf(sizeOf(rows.shape), vector.length) : "none",
    copies,
    start: (at) => emitLevel(code, LEVEL.once, base, { ...spot, at }),
    row: (at) => {
      row = [...base];
      emitLevel(code, LEVEL.row, row, { ...spot, at });
    },
    block: (at, size) => {
      const drawn = new Map<Philox, readonly V128[]>();
      for (let first = 0; first < size; first += 4) {
        const lanes = Math.min(size, 4);
        const ahead = (c: number) => ((vector.strides[c] as Stride).block * first) / 4;
        const values = [...row];
        const philox = (instr: Philox, so: readonly V128[]) => {
          if (size < 16 || !inOrder.has(instr)) return undefined;
          const [seed, step, index] = [so[instr.seed], so[instr.step], so[instr.index]] as [V128, V128, V128];
          const start = func.let(v128.shuffle(index, index, [0, 0, 0, 0]));
          const words = drawn.get(instr) ?? philox16(func, seed, step, instr.stream, start);
          drawn.set(instr, words);
          return words[first / 4];
        };
        emitLevel(code, LEVEL.element, values, { ...spot, at, lanes, ahead, philox });
        launch.stores.forEach((store, i) => {
          emitStore(code, store, stores[i] as number, values, { ...spot, at, lanes, ahead });
        });
      }
    },
  });
  return { func, places: cursors.places, parallel };
}

/** Random words whose indices are those of the vectorized axis and begin at multiples of four: blocks are used whole. */
function wordsInOrder(code: Code, cursors: readonly Cursor[], rows: Axes, { strides }: VectorAxis): Set<Instr> {
  return new Set(
    code.instrs.filter((instr) => {
      if (instr.op !== "philox" || code.varies[instr.seed] || code.varies[instr.step]) return false;
      let ref = instr.index;
      for (let from = code.instrs[ref]; from?.op === "cast"; from = code.instrs[ref]) ref = from.a;
      const c = code.instrs[ref]?.op === "index" ? (code.cursor[ref] as number) : -1;
      if (c < 0) return false;
      const { lanes, block } = strides[c] as Stride;
      const whole = [(cursors[c] as Cursor).base, ...(rows.steps[c] as readonly number[])].every((n) => n % 4 === 0);
      return whole && block === 4 && lanes.every((offset, lane) => offset === lane);
    }),
  );
}

/** Innermost loop in which each cursor moves. */
export function cursorLevels(rows: Axes, { strides }: VectorAxis): number[] {
  return strides.map(({ block, lanes }, c) => {
    if (block !== 0 || lanes.some((x) => x !== 0)) return LEVEL.element;
    return rows.steps[c]?.some((s) => s !== 0) ? LEVEL.row : LEVEL.once;
  });
}
