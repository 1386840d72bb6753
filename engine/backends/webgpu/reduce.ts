import { sizeOf } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { Phase, ReduceLaunch, Store, View } from "../launch.ts";
import { isPlainFold } from "../phases.ts";
import { type Address, type Place, type Value, widen, writeCode, writeStores } from "./code.ts";
import {
  begin,
  foldInto,
  foundPosition,
  joinLanes,
  joinWorkgroup,
  mergeStored,
  type State,
  statesOf,
  storeStates,
  wordsOf,
} from "./folds.ts";
import { type Extras, type Kernel, KernelBuilder, type Target, typeName } from "./kernel.ts";
import {
  indexInstructions,
  isVector,
  type LoopAxis,
  laneStep,
  nest,
  type Strided,
  splitPosition,
  walk,
} from "./place.ts";

/**
 * An invocation folds whole outputs where there are so many invocations that way, or so few elements per output; on a
 * CPU several of them, up to `share` elements.
 */
const SERIAL = {
  cpu: { invocations: 64, elements: 1024, share: 64, workgroup: 16 },
  gpu: { invocations: 16384, elements: 32, share: 1, workgroup: 64 },
};

/** Else a workgroup folds one output, or a part of `elements` of it where there are fewer than `outputs`. */
const TOGETHER = {
  cpu: { least: 32, most: 32, outputs: 16, elements: 16384 },
  gpu: { least: 32, most: 256, outputs: 64, elements: 16384 },
};

/** A reduction with axes in common put together, and how its work is divided. */
interface Work {
  readonly launch: ReduceLaunch;
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  /** By phase: views, index instructions and stores over [...outer, ...inner]. */
  readonly early: readonly (readonly Strided[])[];
  /** Epilogue views, index instructions and stores over `outer`. */
  readonly late: readonly Strided[];
  /** Four lanes are four outputs, or four elements of one. */
  readonly lanes: "one" | "outputs" | "elements";
  readonly serial: boolean;
  /** Workgroups per output. */
  readonly shares: number;
}

const thingsOf = ({
  views,
  code,
  stores,
}: {
  views: readonly View[];
  code: Phase["code"];
  stores: readonly Store[];
}) => [...views, ...indexInstructions(code), ...stores.map(({ view }) => view)];

function divide(launch: ReduceLaunch, target: Target): Work {
  const early = launch.phases.map(thingsOf);
  const late = thingsOf({ views: launch.epilogueViews, code: launch.epilogue, stores: launch.stores });
  const rank = launch.outer.length;
  const all: readonly Strided[] = early.flat();
  const outer = simplify(launch.outer, [...all.map((t) => t.strides.slice(0, rank)), ...late.map((t) => t.strides)]);
  const inner = simplify(
    launch.inner,
    all.map((t) => t.strides.slice(rank)),
  );
  let next = 0;
  const placed = early.map((things) =>
    things.map(({ offset }): Strided => {
      const i = next++;
      return { offset, strides: [...(outer.steps[i] ?? []), ...(inner.steps[i] ?? [])] };
    }),
  );
  const placedLate = late.map(({ offset }): Strided => ({ offset, strides: outer.steps[next++] ?? [] }));
  const loads = placed.flatMap((things, p) => things.slice(0, launch.phases[p]?.views.length));
  const inFours = (shape: readonly number[], axis: number) =>
    shape.length > 0 && (shape.at(-1) as number) % 4 === 0 && loads.some((t) => isVector(t, axis));
  const outputs = sizeOf(outer.shape);
  const elements = sizeOf(inner.shape);
  const lastOuter = outer.shape.length - 1;
  const byOutputs = inFours(outer.shape, lastOuter);
  const { invocations, elements: few } = SERIAL[target];
  const apart = loads.some(({ strides }) => Math.abs(strides[lastOuter + inner.shape.length] as number) === 1);
  // neighbours on a GPU should read neighbours
  const many = (byOutputs ? outputs / 4 : outputs) >= invocations && (target === "cpu" || byOutputs || !apart);
  const serial = elements <= few || many;
  const byElements = !(serial && byOutputs) && inFours(inner.shape, lastOuter + inner.shape.length);
  const { outputs: enough, elements: most } = TOGETHER[target];
  return {
    launch,
    outer: outer.shape,
    inner: inner.shape,
    early: placed,
    late: placedLate,
    lanes: serial && byOutputs ? "outputs" : byElements ? "elements" : "one",
    serial,
    shares: serial || outputs >= enough ? 1 : Math.max(1, Math.ceil(elements / most)),
  };
}

/** Whether a reduction's phases are better launches of their own, because its outputs are shared by workgroups. */
export const isBetterApart = (launch: ReduceLaunch, target: Target): boolean =>
  !isPlainFold(launch) && launch.phases.length > 1 && divide(launch, target).shares > 1;

/** The kernels of a reduction: one, or two where an output is shared by several workgroups. */
export function reduceKernels(launch: ReduceLaunch, target: Target, scalarWords: number, extras: Extras): Kernel[] {
  if (sizeOf(launch.outer) === 0) return [];
  const work = divide(launch, target);
  if (work.shares === 1) return [write(work, target, scalarWords, "whole", -1)];
  const [phase] = launch.phases as [Phase];
  const words = wordsOf(statesOf(phase.accumulators, phase.code, 0));
  const scratch = extras.scratch(sizeOf(launch.outer) * work.shares * words);
  return [write(work, target, scalarWords, "partial", scratch), write(work, target, scalarWords, "combine", scratch)];
}

/** What a kernel does: all of it, the fold of a share of the elements, or what follows when all shares are folded. */
type Stage = "whole" | "partial" | "combine";

function write(work: Work, target: Target, scalarWords: number, stage: Stage, scratch: number): Kernel {
  const { launch, outer, inner, early, late, lanes, serial, shares } = work;
  const kernel = new KernelBuilder();
  const globals: string[] = [];
  const outputs = sizeOf(outer);
  const elements = sizeOf(inner);
  const outerRank = outer.length;
  const wide = lanes === "outputs";
  const width = lanes === "one" ? 1 : 4;
  const outerNames = outer.map((_, i) => `o${i}`);
  const innerNames = inner.map((_, i) => `i${i}`);
  const along = lanes === "outputs" ? outerRank - 1 : lanes === "elements" ? outerRank + inner.length - 1 : -1;

  // what an invocation or a workgroup works on
  const units = wide ? outputs / 4 : outputs;
  const { share: most, workgroup: serialSize } = SERIAL[target];
  const { least, most: largest } = TOGETHER[target];
  const fitting = 2 ** Math.ceil(Math.log2(Math.max(1, elements / shares / width)));
  const size = serial ? serialSize : Math.min(largest, Math.max(least, fitting));
  const run = serial ? Math.max(1, Math.min(16, Math.floor(most / Math.max(1, elements)))) : 1;
  const items = serial ? Math.ceil(units / run) : units * (stage === "partial" ? shares : 1);
  const body = [`if (${serial ? "id" : "group"} >= ${kernel.int(items)}) { return; }`];
  if (run > 1) {
    body.push(
      `let end = min(${kernel.int(units)}, (id + 1) * ${run});`,
      `for (var unit = id * ${run}; unit < end; unit++) {`,
    );
  } else if (stage === "partial") {
    body.push(`let unit = group / ${kernel.int(shares)};`, `let part = group - unit * ${kernel.int(shares)};`);
  } else body.push(`let unit = ${serial ? "id" : "group"};`);
  body.push(`let output = unit${wide ? " * 4" : ""};`, ...splitPosition(kernel, "output", outer, "o"));

  // where everything lies, and how it is bound: all of it before the first text that reads a buffer
  const walks = early.map((things, p) => {
    const bases = things.map((_, i) => `a${p}_${i}`);
    const starts = things.map(
      ({ offset, strides }, i) => `let ${bases[i]} = ${walk(kernel, kernel.int(offset), outerNames, strides)};`,
    );
    if (!serial) {
      const flat = things.map((thing, i) =>
        flatAddress(kernel, thing, bases[i] as string, outerRank, innerNames, along),
      );
      return { starts, heads: [], tails: [], addresses: flat };
    }
    const loops = inner.map(
      (length, i): LoopAxis => ({ name: `i${i}`, axis: outerRank + i, from: "0", to: kernel.int(length) }),
    );
    const nested = nest(kernel, loops, things, bases, `n${p}_`, width, along);
    return { ...nested, starts: [...starts, ...nested.starts] };
  });
  const lateStarts = late.map(
    ({ offset, strides }, i) => `let late${i} = ${walk(kernel, kernel.int(offset), outerNames, strides)};`,
  );
  const lateAddresses = late.map((thing, i): Address => {
    const lane = wide ? laneStep(kernel, thing, outerRank - 1) : "same";
    return lane === "next"
      ? { at: `late${i}`, lane, vector: `late${i} / 4`, moves: false }
      : { at: `late${i}`, lane, moves: false };
  });
  const bound = [
    ...(stage === "combine" ? [] : launch.phases.map((phase, p) => bindAll(kernel, phase, walks[p]?.addresses ?? []))),
  ];
  const boundLate =
    stage === "partial"
      ? undefined
      : bindAll(kernel, { views: launch.epilogueViews, code: launch.epilogue, stores: launch.stores }, lateAddresses);
  const memory = stage === "whole" ? undefined : kernel.bind(scratch, "u32", { write: stage === "partial" });

  // the phases
  const results: Value[] = [];
  let states: State[] = [];
  launch.phases.forEach((phase, p) => {
    const { starts, heads, tails } = walks[p] as (typeof walks)[number];
    const { accumulators, code, stores } = phase;
    states = statesOf(accumulators, code, results.length);
    const foldsWide = width === 4 && stage !== "combine";
    body.push(...begin(kernel, states, foldsWide));
    if (stage === "combine" && memory) {
      const perOutput = kernel.int(shares);
      body.push(
        `for (var e = lane; e < ${perOutput}; e += ${size}) {`,
        `let stored = (output * ${perOutput} + e) * ${wordsOf(states)};`,
        ...mergeStored(states, memory, "stored"),
        "}",
      );
    } else {
      const { places, targets, indices } = bound[p] as Bound;
      const named = { name: `v${p}_`, lanes: width as 1 | 4, places, indices, accumulators: results };
      const { before, body: statements, values } = writeCode(kernel, code, named);
      const at = innerNames.reduce(
        (sum, name, i) => (i === 0 ? name : `(${sum}) * ${kernel.int(inner[i] as number)} + ${name}`),
        "0",
      );
      const where = lanes === "elements" ? "vec4i(at) + vec4i(0, 1, 2, 3)" : wide ? "vec4i(at)" : "at";
      const folds = states.map((s, i) => {
        const value = values[(accumulators[i] as { value: number }).value] as Value;
        const raw = width === 4 ? widen(value) : value.name;
        const name = value.dtype === s.dtype ? raw : `${typeName(s.dtype, width === 4)}(${raw})`;
        return foldInto(s, name, where, width === 4);
      });
      const each = [
        ...statements,
        ...(states.some(({ fn }) => fn === "argmax") ? [`let at = ${at};`] : []),
        ...folds,
        ...writeStores(kernel, stores, targets, values, width),
      ];
      body.push(...starts, ...before);
      if (serial) body.push(...heads, ...each, ...tails);
      else {
        const share = Math.ceil(elements / shares / 4) * 4;
        const first = stage === "partial" ? `part * ${kernel.int(share)}` : "0";
        const count = kernel.int(elements);
        const last = stage === "partial" ? `min(${count}, ${first} + ${kernel.int(share)})` : count;
        body.push(
          `for (var e = ${first} + lane * ${lanes === "elements" ? 4 : 1}; e < ${last}; e += ${size * (lanes === "elements" ? 4 : 1)}) {`,
          ...splitPosition(kernel, "e", inner, "i"),
          ...each,
          "}",
        );
      }
    }
    if (foldsWide && lanes === "elements") {
      const joined = joinLanes(states);
      body.push(...joined.text);
      states = joined.states;
    }
    if (!serial && states.length > 0) {
      const joined = joinWorkgroup(states, size, target === "gpu");
      globals.push(...joined.globals);
      body.push(...joined.text);
    }
    for (const s of states) {
      const dtype = s.fn === "argmax" ? "i32" : s.dtype;
      const name = s.fn === "argmax" ? `r${results.length}` : s.value;
      if (s.fn === "argmax") body.push(`let ${name} = ${foundPosition(s, wide)};`);
      results.push({ name, dtype, wide, moves: false });
    }
  });

  if (!serial) body.push("if (lane != 0) { return; }");
  if (stage === "partial" && memory) body.push(...storeStates(states, memory, `group * ${wordsOf(states)}`));
  if (boundLate) {
    const { places, targets, indices } = boundLate;
    const named = { name: "e", lanes: (wide ? 4 : 1) as 1 | 4, places, indices, accumulators: results };
    const end = writeCode(kernel, launch.epilogue, named);
    body.push(...lateStarts, ...end.before, ...end.body);
    body.push(...writeStores(kernel, launch.stores, targets, end.values, named.lanes));
  }
  if (run > 1) body.push("}");
  const workgroups = serial ? Math.ceil(items / size) : items;
  return kernel.finish({ label: launch.label, body, workgroups, workgroupSize: size, scalarWords, globals });
}

/** The address of a thing at named inner coordinates. */
function flatAddress(
  kernel: KernelBuilder,
  thing: Strided,
  base: string,
  outerRank: number,
  innerNames: readonly string[],
  along: number,
): Address {
  const strides = thing.strides.slice(outerRank);
  const at = walk(kernel, base, innerNames, strides);
  const lane = laneStep(kernel, thing, along);
  const moves = strides.some((stride) => stride !== 0);
  return lane === "next" ? { at, lane, vector: `(${at}) / 4`, moves } : { at, lane, moves };
}

interface Bound {
  readonly places: readonly Place[];
  readonly targets: readonly Place[];
  /** Index instructions by their position in the code. */
  readonly indices: ReadonlyMap<number, Address>;
}

/** Binds what straight-line code reads and writes; `addresses` are those of `thingsOf` it. */
function bindAll(kernel: KernelBuilder, given: Parameters<typeof thingsOf>[0], addresses: readonly Address[]): Bound {
  const { views, code, stores } = given;
  const counters = indexInstructions(code);
  const bind = (view: View, i: number, write: boolean): Place => {
    const address = addresses[i] as Address;
    const binding = kernel.bind(view.buffer, view.dtype, { write, vector: address.lane === "next" });
    return { ...address, binding, dtype: view.dtype };
  };
  return {
    places: views.map((view, i) => bind(view, i, false)),
    targets: stores.map(({ view }, i) => bind(view, views.length + counters.length + i, true)),
    indices: new Map(counters.map((instr, i) => [code.indexOf(instr), addresses[views.length + i] as Address])),
  };
}
