import { describe, expect, test } from "vitest";
import * as ops from "../../../engine/ops/index.ts";
import { input } from "../../../engine/ops/index.ts";
import { buildPlan } from "../../../engine/plan/index.ts";
import { interpretBackend } from "../backends/interpretBackend.ts";
import { planLaws } from "./laws.ts";

planLaws("the interpreter", async () => interpretBackend());

describe("a plan", () => {
  test("has one launch for an elementwise chain", () => {
    const x = input("x", [4, 5]);
    const { plan } = buildPlan({
      label: "chain",
      buffers: { x: 20, y: 20 },
      inputs: { x: { buffer: "x", offset: 0 } },
      stages: [{ stores: [{ value: ops.mul(ops.add(ops.exp(x), 1), ops.tanh(x)), buffer: "y", offset: 0 }] }],
      maxBuffersPerLaunch: 8,
    });
    expect(plan.launches.length).toBe(1);
  });

  test("has no launch that only copies the gradients of a product to their place", () => {
    const x = input("x", [8, 5]);
    const w = input("w", [3, 5]);
    const loss = ops.sum(ops.square(ops.matmul(x, ops.transpose(w, 0, 1))));
    const [gradient] = ops.gradients(loss, [w]);
    const { plan } = buildPlan({
      label: "linear",
      buffers: { x: 40, w: 15, g: 15 },
      inputs: { x: { buffer: "x", offset: 0 }, w: { buffer: "w", offset: 0 } },
      stages: [{ stores: [{ value: gradient as ops.Tensor, buffer: "g", offset: 0 }] }],
      maxBuffersPerLaunch: 8,
    });
    expect(plan.launches.map((l) => l.kind)).toEqual(["contract", "map", "contract"]);
  });

  test("in-place updates of named buffers, and rows", async () => {
    const p = input("p", [8]);
    const m = input("m", [8]);
    const lr = ops.scalar("lr");
    const m2 = ops.add(ops.mul(m, 0.9), p);
    const p2 = ops.sub(p, ops.mul(lr, m2));
    const { plan, rows, scalars } = buildPlan({
      label: "update",
      buffers: { p: 8, m: 8 },
      inputs: { p: { buffer: "p", offset: 0 }, m: { buffer: "m", offset: 0 } },
      stages: [
        {
          stores: [
            { value: p2, buffer: "p", offset: 0 },
            { value: m2, buffer: "m", offset: 0 },
          ],
          rows: [{ name: "size", value: ops.sum(ops.square(p)) }],
        },
      ],
      maxBuffersPerLaunch: 8,
    });
    expect(rows).toEqual([{ name: "size", dtype: "f32", offset: 0, size: 1 }]);
    expect(scalars.map((s) => s.name)).toEqual(["lr"]);
    expect(plan.launches.length).toBe(2);
    const backend = interpretBackend();
    const named = { p: backend.alloc(8, "p"), m: backend.alloc(8, "m") };
    backend.write(named.p, Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]));
    const run = await backend.compile(plan, named);
    const block = new Float32Array(2 * plan.scalarWords).fill(0.1);
    const got = new Float32Array((await run.submit(new Uint32Array(block.buffer), 2)).buffer);
    // p0 = 1: m1 = 1, p1 = 0.9; m2 = 0.9 + 0.9, p2 = 0.72. Sum of squares of 1..8 is 204, then 0.81 of it.
    expect([...got]).toBeAllclose([204, 204 * 0.81], { rtol: 1e-5 });
    expect(new Float32Array((await backend.read(named.p)).buffer)[0]).toBeCloseTo(0.72, 5);
  });

  test("values that overwrite what others still read are copied late", async () => {
    const a = input("a", [4]);
    const b = input("b", [4]);
    const { plan } = buildPlan({
      label: "swap",
      buffers: { a: 4, b: 4 },
      inputs: { a: { buffer: "a", offset: 0 }, b: { buffer: "b", offset: 0 } },
      stages: [
        {
          stores: [
            { value: b, buffer: "a", offset: 0 },
            { value: ops.flip(a, [0]), buffer: "b", offset: 0 },
          ],
        },
      ],
      maxBuffersPerLaunch: 8,
    });
    const backend = interpretBackend();
    const named = { a: backend.alloc(4, "a"), b: backend.alloc(4, "b") };
    backend.write(named.a, Float32Array.from([1, 2, 3, 4]));
    backend.write(named.b, Float32Array.from([5, 6, 7, 8]));
    await (await backend.compile(plan, named)).submit(new Uint32Array(plan.scalarWords), 1);
    const read = async (x: typeof named.a) => [...new Float32Array((await backend.read(x)).buffer)];
    expect(await read(named.a)).toEqual([5, 6, 7, 8]);
    expect(await read(named.b)).toEqual([4, 3, 2, 1]);
  });
});
