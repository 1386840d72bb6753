import type { Backend, DeviceBuffer } from "../backends/backend.ts";
import { topological } from "../ops/order.ts";
import type { Tensor } from "../ops/tensor.ts";
import { hostArray, sizeOf, type TypedArray, viewAs } from "../tensor/index.ts";
import { buildPlan } from "./build.ts";

/** Numbers for a graph input: a typed array of its dtype, or plain numbers (one for a scalar). */
export type GraphInput = TypedArray | readonly number[] | number;

/**
 * Computes `outputs` once and brings them back: for tests, predictions and exploring; training keeps its plan.
 * `inputs` holds the value of every graph input by its name. Throws Error for a missing one.
 */
export async function runGraph(
  backend: Backend,
  outputs: readonly Tensor[],
  inputs: Readonly<Record<string, GraphInput>>,
): Promise<TypedArray[]> {
  const leaves = new Map<string, Tensor>();
  for (const t of topological(outputs)) if (t.op === "input") leaves.set(t.attrs.name as string, t);
  const values = new Map<string, TypedArray>();
  for (const [name, t] of leaves) {
    const given = inputs[name];
    if (given === undefined) throw new Error(`no value for graph input "${name}"`);
    const data = hostArray(t.dtype, t.size);
    if (typeof given === "number") data.fill(given);
    else data.set(given as ArrayLike<number>);
    values.set(name, data);
  }
  const stored = [...leaves.values()].filter((t) => !t.attrs.scalar).map((t) => t.attrs.name as string);
  const results = outputs.map((_, i) => `result ${i}`);
  const buffers = Object.fromEntries([
    ...stored.map((name) => [name, Math.max(1, (leaves.get(name) as Tensor).size)] as const),
    ...outputs.map((t, i) => [results[i] as string, Math.max(1, sizeOf(t.shape))] as const),
  ]);
  const { plan, scalars } = buildPlan({
    label: "graph",
    buffers,
    inputs: Object.fromEntries(stored.map((name) => [name, { buffer: name, offset: 0 }])),
    stages: [{ stores: outputs.map((value, i) => ({ value, buffer: results[i] as string, offset: 0 })) }],
    maxBuffersPerLaunch: backend.maxBuffersPerLaunch,
  });
  const named: Record<string, DeviceBuffer> = {};
  try {
    for (const [name, words] of Object.entries(buffers)) named[name] = backend.alloc(words, name);
    for (const name of stored) backend.write(named[name] as DeviceBuffer, values.get(name) as TypedArray);
    const executable = await backend.compile(plan, named);
    const block = new Uint32Array(plan.scalarWords);
    for (const s of scalars) viewAs(s.dtype, block.subarray(s.slot, s.slot + 1)).set(values.get(s.name) as TypedArray);
    await executable.submit(block, 1);
    executable.dispose();
    return await Promise.all(
      outputs.map(async (t, i) =>
        viewAs(t.dtype, await backend.read(named[results[i] as string] as DeviceBuffer, 0, t.size)),
      ),
    );
  } finally {
    for (const buffer of Object.values(named)) buffer.dispose();
  }
}
