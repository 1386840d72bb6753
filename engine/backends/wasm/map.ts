import { sizeOf } from "../../tensor/index.ts";
import type { MapLaunch } from "../launch.ts";
import { Func, type V128 } from "./assembler.ts";
import { type Axes, simplify } from "./axes.ts";
import { costOf } from "./instructions.ts";
import {
  analyze,
  Cursors,
  cursorsOf,
  emitLevel,
  emitStore,
  KERNEL_PARAMS,
  LEVEL,
  outerLoops,
  type Place,
  type Stride,
  splitOf,
  type VectorAxis,
  vectorize,
} from "./kernel.ts";

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

  const cost = launch.code.reduce((sum, instr, i) => sum + (code.level[i] === LEVEL.element ? costOf(instr) : 0), 2);
  const parallel = isParallel((cost * sizeOf(launch.shape)) / 4);
  const copies = cost <= 12 ? 4 : cost <= 30 ? 2 : 1;
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
      for (let first = 0; first < size; first += 4) {
        const lanes = Math.min(size, 4);
        const ahead = (c: number) => ((vector.strides[c] as Stride).block * first) / 4;
        const values = [...row];
        emitLevel(code, LEVEL.element, values, { ...spot, at, lanes, ahead });
        launch.stores.forEach((store, i) => {
          emitStore(code, store, stores[i] as number, values, { ...spot, at, lanes, ahead });
        });
      }
    },
  });
  return { func, places: cursors.places, parallel };
}

/** Innermost loop in which each cursor moves. */
export function cursorLevels(rows: Axes, { strides }: VectorAxis): number[] {
  return strides.map(({ block, lanes }, c) => {
    if (block !== 0 || lanes.some((x) => x !== 0)) return LEVEL.element;
    return rows.steps[c]?.some((s) => s !== 0) ? LEVEL.row : LEVEL.once;
  });
}
