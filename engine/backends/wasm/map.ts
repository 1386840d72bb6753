import { sizeOf } from "../../tensor/index.ts";
import type { MapLaunch } from "../launch.ts";
import { Func, i32, type V128 } from "./assembler.ts";
import { simplify } from "./axes.ts";
import { costOf } from "./instructions.ts";
import {
  analyze,
  Cursors,
  cursorsOf,
  emitLevel,
  emitStore,
  KERNEL_PARAMS,
  outerLoops,
  type Place,
  type Split,
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

export function splitOf(shape: readonly number[]): Split {
  const rows = sizeOf(shape.slice(0, -1));
  return rows >= 32 || rows >= (shape.at(-1) ?? 1) ? "rows" : "last";
}

/** Emits a map: axes in the order of the first store's strides, the last one vectorized. */
export function emitMap(launch: MapLaunch): Kernel {
  const cursors = new Cursors();
  const stores = launch.stores.map((s) => cursors.view(s.view));
  const cursor = cursorsOf(launch.code, launch.views, cursors);
  const all = cursors.all.map((c) => c.steps);
  const { shape, steps } = simplify(
    launch.shape,
    all,
    all.map((_, i) => i),
  );
  const last = steps.map((s) => s.at(-1) ?? 0);
  const loopSteps = steps.map((s, i) => [s.slice(0, -1).find((x) => x !== 0) ?? 0, last[i] as number]);
  const code = analyze(launch.code, cursor, loopSteps, 1);

  const cost = launch.code.reduce((sum, instr, i) => sum + (code.level[i] === 2 ? costOf(instr) : 0), 2);
  const parallel = isParallel((cost * sizeOf(shape)) / 4);
  const copies = cost <= 12 ? 4 : cost <= 30 ? 2 : 1;
  const func = new Func(KERNEL_PARAMS);
  const scalars = func.params[1] ?? i32.const(0);
  const place = { f: func, scalars, laneStep: last };
  const base: V128[] = [];
  let row: V128[] = [];
  outerLoops({
    f: func,
    shape,
    cursors: cursors.all.map((c, i) => ({ ...c, steps: steps[i] as number[] })),
    split: parallel ? splitOf(shape) : "none",
    blocks: [...new Set([copies * 4, 4, 1])],
    start: (at) => emitLevel(code, 0, base, { ...place, lanes: 4, at, ahead: () => 0 }),
    row: (at) => {
      row = [...base];
      emitLevel(code, 1, row, { ...place, lanes: 4, at, ahead: () => 0 });
    },
    block: (at, size) => {
      for (let first = 0; first < size; first += 4) {
        const spot = {
          ...place,
          lanes: size >= 4 ? 4 : 1,
          at,
          ahead: (c: number) => first * (last[c] as number),
        } as const;
        const values = [...row];
        emitLevel(code, 2, values, spot);
        launch.stores.forEach((store, i) => {
          emitStore(code, store, stores[i] as number, values, spot);
        });
      }
    },
  });
  return { func, places: cursors.places, parallel };
}
