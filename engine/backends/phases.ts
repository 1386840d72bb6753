import { rowMajor, sizeOf } from "../tensor/index.ts";
import type { Accumulator, Instr, Launch, MapLaunch, Phase, ReduceLaunch, Store, View } from "./launch.ts";

/** Straight-line code with what it reads and writes over `space`. */
export interface Part {
  readonly space: readonly number[];
  readonly views: readonly View[];
  readonly code: readonly Instr[];
  readonly accumulators: readonly Accumulator[];
  readonly stores: readonly Store[];
}

/** What a launch does for a coordinate, in order: all of a map, or a reduction's phases and its epilogue. */
export function partsOf(launch: MapLaunch | ReduceLaunch): Part[] {
  if (launch.kind === "map") return [{ ...launch, space: launch.shape, accumulators: [] }];
  const { outer, inner, phases, epilogue, epilogueViews, stores } = launch;
  const end = { space: outer, views: epilogueViews, code: epilogue, accumulators: [], stores };
  return [...phases.map((phase) => ({ ...phase, space: [...outer, ...inner] })), end];
}

/** Elements of a row that stay in a fast cache from phase to phase, and are little enough work to be one thread's. */
const SHORT_ROW = 8192;

/** Whether phases over these inner axes are better one launch. Says the same of a row by itself and among others. */
export const isShortRow = (inner: readonly number[]): boolean => sizeOf(inner) <= SHORT_ROW;

/** Whether the launch folds once and stores nothing on the way. */
export const isPlainFold = ({ phases }: ReduceLaunch): boolean => phases.length === 1 && phases[0]?.stores.length === 0;

/**
 * The phases of a reduction as launches of their own, which pass on what they fold through memory: long rows are better
 * taken apart. `together`: folds keep their stores; otherwise every fold is a plain one, and a map writes what its phase stores.
 * `scratch` gives the number of a new buffer with so many words.
 */
export function takenApart(launch: ReduceLaunch, scratch: (words: number) => number, together: boolean): Launch[] {
  const { label, outer, inner, epilogue, epilogueViews, stores } = launch;
  const launches: Launch[] = [];
  const passed: View[] = [];
  /** Code that loads the accumulators of earlier phases, from `known` on its own. */
  const loading = (code: readonly Instr[], views: readonly View[], known: number, walked: readonly number[]) => {
    const all = [...views];
    const refs = code.map((instr): Instr => {
      if (instr.op !== "acc") return instr;
      if (instr.acc >= known) return { ...instr, acc: instr.acc - known };
      const { strides, ...from } = passed[instr.acc] as View;
      const view = all.push({ ...from, strides: [...strides, ...walked.map(() => 0)] }) - 1;
      return { op: "load", view, dtype: instr.dtype };
    });
    return { code: refs, views: all };
  };
  const storedAlone = ({ accumulators, stores }: Phase) =>
    stores.length > 0 && (accumulators.length === 0 || !together);
  launch.phases.forEach((phase, p) => {
    const known = passed.length;
    const { accumulators } = phase;
    const { code, views } = loading(phase.code, phase.views, known, inner);
    const alone = storedAlone(phase);
    const isEnd = p === launch.phases.length - 1 && accumulators.length > 0 && !alone;
    if (accumulators.length > 0) {
      const places = isEnd ? [] : placesOf(accumulators, outer, scratch);
      const end = loading(epilogue, epilogueViews, known, []);
      launches.push({
        kind: "reduce",
        label,
        outer,
        inner,
        phases: [{ views, code, accumulators, stores: alone ? [] : phase.stores }],
        epilogueViews: isEnd ? end.views : [],
        epilogue: isEnd ? end.code : accumulators.map(({ dtype }, acc) => ({ op: "acc", acc, dtype })),
        stores: isEnd ? stores : places.map((view, value) => ({ view, value })),
      });
      passed.push(...places);
    }
    if (alone) {
      launches.push({ kind: "map", label, shape: [...outer, ...inner], views, code, stores: phase.stores });
    }
    if (!isEnd && p === launch.phases.length - 1 && stores.length > 0) {
      const end = loading(epilogue, epilogueViews, passed.length, []);
      launches.push({ kind: "map", label, shape: outer, views: end.views, code: end.code, stores });
    }
  });
  return launches;
}

/** Room for one number per coordinate of `outer` and accumulator, in one buffer. */
function placesOf(
  accumulators: readonly Accumulator[],
  outer: readonly number[],
  scratch: (words: number) => number,
): View[] {
  const size = sizeOf(outer);
  const buffer = scratch(size * accumulators.length);
  return accumulators.map(({ dtype }, i) => ({ buffer, offset: i * size, strides: rowMajor(outer), dtype }));
}
