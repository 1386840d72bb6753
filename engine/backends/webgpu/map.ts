import { sizeOf } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { MapLaunch, View } from "../launch.ts";
import { type Address, type Place, writeCode, writeStores } from "./code.ts";
import { type Kernel, KernelBuilder, type Target } from "./kernel.ts";
import {
  indexInstructions,
  isVector,
  type LoopAxis,
  nest,
  quotient,
  type Strided,
  splitPosition,
  walk,
} from "./place.ts";

/** Elements that one invocation takes, and invocations of a workgroup. */
const SIZES = {
  cpu: { wide: 64, narrow: 16, workgroup: 16 },
  gpu: { wide: 4, narrow: 1, workgroup: 64 },
};

/**
 * One kernel for a map. An invocation takes a run of elements along the last axis, or several rows of short last axes,
 * four elements at a time where the last axis can be walked in aligned vectors; what does not change is computed once.
 */
export function mapKernels(launch: MapLaunch, target: Target, scalarWords: number): Kernel[] {
  if (sizeOf(launch.shape) === 0) return [];
  const { code, stores } = launch;
  const counters = indexInstructions(code);
  const things: readonly Strided[] = [...launch.views, ...counters, ...stores.map((s) => s.view)];
  const firstStore = launch.views.length + counters.length;
  const axes = simplify(
    launch.shape,
    things.map((t) => t.strides),
    stores.map((_, i) => firstStore + i),
  );
  const shape = axes.shape.length ? axes.shape : [1];
  const placed = things.map(
    (t, i): Strided => ({ offset: t.offset, strides: axes.shape.length ? (axes.steps[i] ?? []) : [0] }),
  );
  const last = shape.length - 1;
  const lanes = (shape[last] as number) % 4 === 0 && placed.slice(firstStore).some((t) => isVector(t, last)) ? 4 : 1;

  const { wide, narrow, workgroup } = SIZES[target];
  const share = lanes === 4 ? wide : narrow;
  // an invocation walks whole rows of the last axes, and a run along the one before them
  let first = last;
  let whole = 1;
  while (first > 0 && whole * (shape[first] as number) * 2 <= share) whole *= shape[first--] as number;
  const length = shape[first] as number;
  const run = Math.min(Math.max(1, Math.floor(share / whole)), length);
  const runs = Math.ceil(length / run);
  const rows = sizeOf(shape.slice(0, first));
  const invocations = rows * runs;
  const kernel = new KernelBuilder();
  const runName = kernel.int(run);
  const head = [`if (id >= ${kernel.int(invocations)}) { return; }`];
  if (first === 0) head.push(`let start = id * ${runName};`);
  else {
    head.push(
      `let row = ${quotient(kernel, "id", runs, rows)};`,
      `let start = (id - row * ${kernel.int(runs)}) * ${runName};`,
    );
  }
  head.push(`let end = min(start + ${runName}, ${kernel.int(length)});`);
  head.push(...splitPosition(kernel, "row", shape.slice(0, first), "c"));
  const coordinates = shape.slice(0, first).map((_, axis) => `c${axis}`);
  const bases = placed.map((thing, i) => {
    head.push(`let a${i} = ${walk(kernel, kernel.int(thing.offset), coordinates, thing.strides)};`);
    return `a${i}`;
  });
  const loops = shape.slice(first).map((size, i): LoopAxis => {
    const range = i === 0 ? { from: "start", to: "end" } : { from: "0", to: kernel.int(size) };
    return { name: `c${first + i}`, axis: first + i, ...range };
  });
  const { starts, heads, tails, addresses } = nest(kernel, loops, placed, bases, "m", lanes, lanes === 4 ? last : -1);
  const bind = (view: View, i: number, write: boolean): Place => {
    const address = addresses[i] as Address;
    const binding = kernel.bind(view.buffer, view.dtype, { write, vector: address.lane === "next" });
    return { ...address, binding, dtype: view.dtype };
  };
  const places = launch.views.map((view, i) => bind(view, i, false));
  const targets = stores.map(({ view }, i) => bind(view, firstStore + i, true));
  const indices = new Map(
    counters.map((instr, i) => [code.indexOf(instr), addresses[launch.views.length + i] as Address]),
  );
  const { before, body, values } = writeCode(kernel, code, { name: "v", lanes, places, indices });
  return [
    kernel.finish({
      label: launch.label,
      workgroups: Math.ceil(invocations / workgroup),
      workgroupSize: workgroup,
      scalarWords,
      body: [
        ...head,
        ...starts,
        ...before,
        ...heads,
        ...body,
        ...writeStores(kernel, stores, targets, values, lanes),
        ...tails,
      ],
    }),
  ];
}
