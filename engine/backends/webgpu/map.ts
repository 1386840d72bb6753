import { sizeOf } from "../../tensor/index.ts";
import { simplify } from "../axes.ts";
import type { MapLaunch, View } from "../launch.ts";
import { type Address, type Place, writeCode, writeStores } from "./code.ts";
import { type Kernel, KernelBuilder, type Target } from "./kernel.ts";
import { indexInstructions, isVector, laneStep, type Strided, splitPosition, walk } from "./place.ts";

/** Elements along the last axis that one invocation takes, and invocations of a workgroup. */
const SIZES = {
  cpu: { wide: 64, narrow: 16, workgroup: 16 },
  gpu: { wide: 4, narrow: 1, workgroup: 64 },
};

/**
 * One kernel for a map. An invocation takes a run of elements along the last axis, four at a time where the last axis
 * can be walked in aligned vectors; what does not change along it is computed once per run.
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
  const length = shape[last] as number;
  const lanes = length % 4 === 0 && placed.slice(firstStore).some((t) => isVector(t, last)) ? 4 : 1;

  const { wide, narrow, workgroup } = SIZES[target];
  const run = Math.min(lanes === 4 ? wide : narrow, length);
  const runs = Math.ceil(length / run);
  const invocations = sizeOf(shape.slice(0, last)) * runs;
  const kernel = new KernelBuilder();
  const rowName = last === 0 ? "0" : "row";
  const runName = kernel.int(run);
  const runsName = kernel.int(runs);
  const lengthName = kernel.int(length);
  const head = [`if (id >= ${kernel.int(invocations)}) { return; }`];
  if (last === 0) head.push(`let start = id * ${runName};`);
  else head.push(`let ${rowName} = id / ${runsName};`, `let start = (id - ${rowName} * ${runsName}) * ${runName};`);
  head.push(...splitPosition(kernel, rowName, shape.slice(0, last), "c"));
  const coordinates = shape.slice(0, last).map((_, axis) => `c${axis}`);
  const addresses = placed.map((thing, i): Address => {
    const step = thing.strides[last] as number;
    head.push(`let a${i} = ${walk(kernel, kernel.int(thing.offset), coordinates, thing.strides)};`);
    const at = step === 0 ? `a${i}` : step === 1 ? `a${i} + j` : `a${i} + j * ${kernel.int(step)}`;
    const lane = lanes === 4 ? laneStep(kernel, thing, last) : "same";
    if (lane !== "next") return { at, lane, moves: step !== 0 };
    head.push(`let d${i} = a${i} / 4;`);
    return { at, lane, vector: `d${i} + jv`, moves: true };
  });
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
        ...before,
        `let end = min(start + ${runName}, ${lengthName});`,
        ...(lanes === 4
          ? ["for (var jv = start / 4; jv < end / 4; jv++) {", "let j = jv * 4;"]
          : ["for (var j = start; j < end; j++) {"]),
        ...body,
        ...writeStores(kernel, stores, targets, values, lanes),
        "}",
      ],
    }),
  ];
}
