import { evaluate, gradients, input, mul, sum, type Tensor } from "../../../engine/ops/index.ts";
import { runGraph } from "../../../engine/plan/index.ts";
import type { Case, Numbers } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench } from "../run.ts";

/** A graph input for a tensor of a case. */
export const inputFor = (name: string, { shape, dtype }: Numbers): Tensor => input(name, shape, dtype);

/** Runs a graph whose inputs are tensors of the case, by name. */
export async function compute(
  { backend, plainLoops }: Bench,
  wanted: Readonly<Record<string, Tensor>>,
  values: Readonly<Record<string, Numbers>>,
): Promise<Given> {
  if (plainLoops) {
    const results = evaluate(Object.values(wanted), values);
    return Object.fromEntries(Object.keys(wanted).map((name, i) => [name, results[i]?.data ?? []]));
  }
  const numbers = Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, [...data]]));
  const results = await runGraph(backend, Object.values(wanted), numbers);
  return Object.fromEntries(Object.keys(wanted).map((name, i) => [name, results[i] as ArrayLike<number>]));
}

/**
 * The outputs of a case and the gradients it asks for: of the sum over outputs of output times its cotangent, which is 1 where
 * the case gives none. `wrt` are the tensors by the name that follows `grad.`; `more` are outputs without a cotangent.
 */
export async function withGradients(
  c: Case,
  bench: Bench,
  outputs: Readonly<Record<string, Tensor>>,
  wrt: Readonly<Record<string, Tensor>>,
  more: Readonly<Record<string, Tensor>> = {},
): Promise<Given> {
  const weighted = Object.entries(outputs).map(([name, y]) => {
    const cotangent = c.inputs[`cotangent.${name}`];
    return sum(cotangent ? mul(y, inputFor(`cotangent.${name}`, cotangent)) : y);
  });
  const total = weighted.reduce((a, b) => a.add(b));
  const asked = Object.keys(wrt).filter((name) => `grad.${name}` in c.outputs);
  const found = gradients(
    total,
    asked.map((name) => wrt[name] as Tensor),
  );
  const wanted: Record<string, Tensor> = { ...outputs, ...more };
  for (const [i, name] of asked.entries()) wanted[`grad.${name}`] = found[i] as Tensor;
  const known = Object.fromEntries(Object.entries(wanted).filter(([name]) => name in c.outputs));
  return compute(bench, known, c.inputs);
}
