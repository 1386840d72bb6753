import type { Backend, DeviceBuffer } from "../backends/backend.ts";
import type { Calculator } from "../backends/wasm/calculator.ts";
import { literalValue } from "../ops/literal.ts";
import { topological } from "../ops/order.ts";
import type { Tensor } from "../ops/tensor.ts";
import { hostArray, type TypedArray, viewAs } from "../tensor/index.ts";
import { planOf } from "./cache.ts";
import type { BuiltPlan } from "./request.ts";

/** Numbers for a graph input: a typed array of its dtype, or plain numbers (one for a scalar). */
export type GraphInput = TypedArray | readonly number[] | number;
type Inputs = Readonly<Record<string, GraphInput>>;

/**
 * Computes `outputs` once and brings them back: for tests, predictions and exploring; training keeps its plan.
 * `inputs` holds the value of every graph input by its name. Throws Error for a missing one.
 */
export async function runGraph(backend: Backend, outputs: readonly Tensor[], inputs: Inputs): Promise<TypedArray[]> {
  const { built, given, results, values } = graphPlan(outputs, inputs, backend.maxBuffersPerLaunch);
  const { plan, scalars } = built;
  const named: Record<string, DeviceBuffer> = {};
  try {
    for (const { name, words } of plan.buffers) if (name !== undefined) named[name] = backend.alloc(words, name);
    for (const [name, data] of Object.entries(given)) backend.write(named[name] as DeviceBuffer, data);
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

/** `runGraph` in the calling thread: returns with the numbers. The graph has no scalar inputs. */
export function runGraphNow(calculator: Calculator, outputs: readonly Tensor[], inputs: Inputs): TypedArray[] {
  const { built, given, results } = graphPlan(outputs, inputs, Number.POSITIVE_INFINITY);
  const words = calculator.run(built.plan, given, results);
  return outputs.map((t, i) => viewAs(t.dtype, (words[i] as Uint32Array).subarray(0, t.size)));
}

interface GraphPlan {
  readonly built: BuiltPlan;
  /** Contents of the plan's buffers by name. */
  readonly given: Readonly<Record<string, TypedArray>>;
  /** Names of the buffers that the outputs are stored in. */
  readonly results: readonly string[];
  /** All inputs by name, scalars too. */
  readonly values: ReadonlyMap<string, TypedArray>;
}

function graphPlan(outputs: readonly Tensor[], inputs: Inputs, maxBuffersPerLaunch: number): GraphPlan {
  const values = new Map<string, TypedArray>();
  const stored: Tensor[] = [];
  for (const t of topological(outputs)) {
    const name = t.attrs.name as string;
    if (t.op !== "input" || literalValue(t)) continue;
    values.set(name, numbersOf(t, inputs[name]));
    if (!t.attrs.scalar) stored.push(t);
  }
  const nameOf = (t: Tensor): string => t.attrs.name as string;
  const results = outputs.map((_, i) => `result ${i}`);
  const buffers = Object.fromEntries([
    ...stored.map((t) => [nameOf(t), Math.max(1, t.size)] as const),
    ...outputs.map((t, i) => [results[i] as string, Math.max(1, t.size)] as const),
  ]);
  const built = planOf({
    label: "graph",
    buffers,
    inputs: Object.fromEntries(stored.map((t) => [nameOf(t), { buffer: nameOf(t), offset: 0 }])),
    stages: [{ stores: outputs.map((value, i) => ({ value, buffer: results[i] as string, offset: 0 })) }],
    maxBuffersPerLaunch,
  });
  const literals = [...built.literals].map(([name, { data }]) => [name, data] as const);
  const given = stored.map((t) => [nameOf(t), values.get(nameOf(t)) as TypedArray] as const);
  return { built, given: Object.fromEntries([...given, ...literals]), results, values };
}

function numbersOf({ dtype, size, attrs }: Tensor, given: GraphInput | undefined): TypedArray {
  if (given === undefined) throw new Error(`no value for graph input "${attrs.name}"`);
  const data = hostArray(dtype, size);
  if (typeof given === "number") data.fill(given);
  else data.set(given as ArrayLike<number>);
  return data;
}
