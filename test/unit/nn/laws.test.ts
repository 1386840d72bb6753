import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { layers } from "../../../engine/nn/index.ts";
import {
  batched,
  evaluate,
  gradients,
  input,
  mul,
  sum,
  type Tensor,
  topological,
  type Values,
} from "../../../engine/ops/index.ts";
import { runGraph } from "../../../engine/plan/index.ts";
import { uniform } from "../../../engine/random/index.ts";
import { type Example, examples } from "./examples.ts";
import { traced } from "./traced.ts";

/** Everything that a use of a layer gives: its results, gradients of sum(results w) by inputs and parameters, the buffers afterwards. */
function everything({ layer, shape, dtype = "f32", inputs: further = {} }: Example, training: boolean) {
  const use = traced(layer, shape, { training, dtype, inputs: further });
  const { results, x, inputs, parameters, bufferUpdates } = use;
  const values: Record<string, Values> = { ...use.values };
  const weighted = Object.entries(results).map(([name, y], i) => {
    values[`w ${name}`] = {
      shape: y.shape,
      dtype: "f32",
      data: Float64Array.from(uniform(5, i, y.size), (u) => u + 0.5),
    };
    return sum(mul(y, input(`w ${name}`, y.shape)));
  });
  const loss = weighted.reduce((a, b) => a.add(b));
  const wrt: Record<string, Tensor> = { ...(x.dtype === "f32" ? { x } : {}), ...inputs, ...parameters };
  const found = gradients(loss, Object.values(wrt));
  const made: Record<string, Tensor> = { ...results };
  Object.keys(wrt).forEach((name, i) => {
    made[`gradient of ${name}`] = found[i] as Tensor;
  });
  for (const [name, tensor] of Object.entries(bufferUpdates)) made[`new ${name}`] = tensor;
  return { loss, wrt, made, values };
}

const numbers = (values: Readonly<Record<string, Values>>) =>
  Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, [...data]]));

/** Where differences are taken of so many numbers: everywhere up to 32, then at 32 places that lie in no row or column. */
function spread(count: number): number[] {
  const places = Math.min(count, 32);
  return Array.from({ length: places }, (_, i) => Math.floor(((i + 0.5) * count) / places));
}

const backends: Record<string, Backend> = {};
beforeAll(async () => {
  backends.wasm = await wasmProvider.open({ threads: 2, log: () => {} });
  backends.webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
});
afterAll(() => Promise.all(Object.values(backends).map((backend) => backend.close())));

describe.each(Object.entries(layers))("%s", (name, { summary }) => {
  test("says what it does, and has examples", () => {
    expect(summary).toMatch(/\.$/);
    expect(examples[name], `add examples for "${name}" to test/unit/nn/examples.ts`).toBeDefined();
  });

  describe.each((examples[name] ?? []).map((example, i) => [i, example] as const))("example %i", (_i, example) => {
    test("is of this layer", () => {
      expect(example.layer.type).toBe(name);
    });

    test.each([true, false])("gradients are central differences, training %s", (training) => {
      const { loss, wrt, made, values } = everything(example, training);
      for (const [name, x] of Object.entries(wrt)) {
        const given = values[name] as Values;
        const places = spread(given.data.length);
        const want = places.map((j) => {
          const at = (delta: number) => {
            const data = given.data.with(j, (given.data[j] as number) + delta);
            return evaluate([loss], { ...values, [name]: { ...given, data } })[0]?.data[0] as number;
          };
          return (at(1e-5) - at(-1e-5)) / 2e-5;
        });
        const [got] = evaluate([made[`gradient of ${name}`] as Tensor], values);
        expect(got?.shape).toEqual(x.shape);
        const found = places.map((j) => got?.data[j] as number);
        expect(found, name).toBeAllclose(want, { rtol: 1e-6, atol: 1e-8 });
      }
    });

    test.each(["wasm", "webgpu"])("%s gives what plain loops in f64 give", async (on) => {
      const run = { ...everything(example, true) };
      const evaluation = everything(example, false).made;
      const made = { ...run.made, "y in evaluation": evaluation.y as Tensor };
      const got = await runGraph(backends[on] as Backend, Object.values(made), numbers(run.values));
      const want = evaluate(Object.values(made), run.values);
      for (const [i, name] of Object.keys(made).entries()) {
        expect([...(got[i] as ArrayLike<number> & Iterable<number>)], name).toBeAllclose(want[i]?.data ?? [], {
          rtol: 2e-5,
          atol: 2e-6,
        });
      }
    });

    test("lanes are uses side by side", () => {
      const { made, values } = everything(example, true);
      const lanes = 2;
      const over = Object.keys(values).filter((key) => !/^(seed|step|w .*)$/.test(key));
      const laneValues: Record<string, Values> = { ...values };
      const single: Record<string, Values>[] = Array.from({ length: lanes }, () => ({ ...values }));
      for (const key of over) {
        const { shape, dtype, data } = values[key] as Values;
        const others = dtype === "f32" ? data.map((v, j) => v + 0.3 * Math.sin(j + 1)) : data.toReversed();
        laneValues[key] = { shape: [lanes, ...shape], dtype, data: Float64Array.of(...data, ...others) };
        (single[1] as Record<string, Values>)[key] = { shape, dtype, data: others };
      }
      const tensors = inputsOf(Object.values(made), over);
      const lanesOf = new Map([...tensors].map(([key, x]) => [x, input(key, [lanes, ...x.shape], x.dtype)] as const));
      const got = evaluate(batched(Object.values(made), lanesOf, lanes), laneValues);
      Object.entries(made).forEach(([key, tensor], i) => {
        const want = single.flatMap((one) => [...(evaluate([tensor], one)[0]?.data ?? [])]);
        expect(got[i]?.data ?? [], key).toBeAllclose(want, { rtol: 1e-10, atol: 1e-12 });
      });
    });
  });
});

/** The graph's own inputs of these names. */
function inputsOf(outputs: readonly Tensor[], names: readonly string[]): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const node of topological(outputs)) {
    const name = node.attrs.name as string;
    if (node.op === "input" && names.includes(name)) found.set(name, node);
  }
  return found;
}
