import { evaluate, input, type Tensor, topological } from "../../engine/ops/index.ts";
import {
  evaluateHost,
  type HostTree,
  hyperparameters,
  type Optimizer,
  stateNames,
  traceUpdate,
} from "../../engine/optim/index.ts";

/** An optimizer over `n` numbers, run by the reference loops in f64. `step` returns the next parameters. */
export function referenceOptimizer(optimizer: Optimizer, n: number) {
  const shape = [n];
  const names = stateNames(optimizer);
  const inputs = Object.fromEntries(names.map((name) => [name, input(`state.${name}`, shape)]));
  const traced = traceUpdate(optimizer, { p: input("p", shape), g: input("g", shape), state: inputs });
  const outputs = [traced.p, ...names.map((name) => traced.state[name] as Tensor)];
  const scalars = topological(outputs).filter((node) => node.attrs.expr !== undefined);
  const state = new Map<string, Float64Array>(names.map((name) => [name, new Float64Array(n)]));
  let step = 0;
  return {
    state,
    step(p: Float64Array, g: Float64Array, overrides: Record<string, number> = {}): Float64Array {
      const env = { ...hyperparameters(optimizer), ...overrides, step: ++step };
      const values: Record<string, { shape: readonly number[]; dtype: "f32"; data: Float64Array }> = {
        p: { shape, dtype: "f32", data: p },
        g: { shape, dtype: "f32", data: g },
      };
      for (const [name, data] of state) values[`state.${name}`] = { shape, dtype: "f32", data };
      for (const { attrs } of scalars) {
        const value = evaluateHost(attrs.expr as HostTree, env);
        values[attrs.name as string] = { shape: [], dtype: "f32", data: Float64Array.of(value) };
      }
      const [next, ...rest] = evaluate(outputs, values);
      for (const [i, name] of names.entries()) state.set(name, rest[i]?.data as Float64Array);
      return next?.data as Float64Array;
    },
  };
}
