import { sizeOf } from "../../tensor/index.ts";
import type { ContractLaunch, ReduceLaunch } from "../launch.ts";
import type { Extras, Kernel, Target } from "./kernel.ts";
import { flatten, type Group, type Problem } from "./problem.ts";
import { reduceKernels } from "./reduce.ts";
import { registerKernel } from "./registers.ts";
import { sharedKernel } from "./shared.ts";

/** Multiply-adds of one output beyond which K is cut in parts, when there are too few outputs to keep the machine busy. */
const SPLIT = { cpu: { outputs: 1024, depth: 4096 }, gpu: { outputs: 16384, depth: 512 } };

export function contractKernels(launch: ContractLaunch, target: Target, scalarWords: number, extras: Extras): Kernel[] {
  const problem = flatten(launch);
  const outputs = problem.batch.size * problem.m.size * problem.n.size;
  if (outputs === 0) return [];
  const { outputs: few, depth } = SPLIT[target];
  const parts = outputs >= few ? 1 : Math.min(Math.ceil(problem.k.size / depth), Math.ceil(few / outputs), 256);
  const write = target === "gpu" ? sharedKernel : registerKernel;
  if (parts <= 1) return [write(problem, 1, scalarWords, extras)];
  const scratch = extras.scratch(parts * outputs);
  const { batch, m, n } = problem;
  const packed = (size: number, stride: number): Group["strides"] => [size === 1 ? 0 : stride];
  const partial: Problem = {
    ...problem,
    out: { buffer: scratch, offset: 0, strides: [], dtype: "f32" },
    batch: withOut(batch, packed(batch.size, m.size * n.size)),
    m: withOut(m, packed(m.size, n.size)),
    n: withOut(n, packed(n.size, 1)),
  };
  return [
    write(partial, parts, scalarWords, extras),
    ...reduceKernels(sumOfParts(launch, scratch, parts), target, scalarWords, extras),
  ];
}

/** The same group with the output's stride (its last) replaced. */
function withOut(group: Group, out: Group["strides"]): Group {
  const stride = out?.[0] ?? 0;
  const strides = group.strides ? [...group.strides.slice(0, -1), stride] : null;
  const tables = group.strides
    ? []
    : [...group.tables.slice(0, -1), Int32Array.from({ length: group.size }, (_, i) => i * stride)];
  return { size: group.size, strides, tables };
}

function sumOfParts(launch: ContractLaunch, scratch: number, parts: number): ReduceLaunch {
  const outer = [...launch.batch, ...launch.m, ...launch.n];
  const strides = outer.map((_, i) => sizeOf(outer.slice(i + 1)));
  return {
    kind: "reduce",
    label: launch.label,
    outer,
    inner: [parts],
    phases: [
      {
        views: [{ buffer: scratch, offset: 0, strides: [...strides, sizeOf(outer)], dtype: "f32" }],
        code: [{ op: "load", view: 0, dtype: "f32" }],
        accumulators: [{ fn: "sum", value: 0, dtype: "f32" }],
        stores: [],
      },
    ],
    epilogueViews: [],
    epilogue: [{ op: "acc", acc: 0, dtype: "f32" }],
    stores: [{ view: launch.out, value: 0 }],
  };
}
