import { expect, test } from "vitest";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import * as ops from "../../../engine/ops/index.ts";
import { input } from "../../../engine/ops/index.ts";
import { buildPlan } from "../../../engine/plan/index.ts";

test("a long reduction adds to a few numbers in place once, however many threads there are", async () => {
  const backend = await wasmProvider.open({ threads: 2, log: () => {} });
  try {
    const [rows, columns, steps] = [2048, 16, 400];
    const x = input("x", [rows, columns]);
    const total = input("total", [columns]);
    const { plan } = buildPlan({
      label: "running total",
      buffers: { x: rows * columns, total: columns },
      inputs: { x: { buffer: "x", offset: 0 }, total: { buffer: "total", offset: 0 } },
      stages: [{ stores: [{ value: ops.add(total, ops.mean(ops.exp(x), [0])), buffer: "total", offset: 0 }] }],
      maxBuffersPerLaunch: backend.maxBuffersPerLaunch,
    });
    const buffers = { x: backend.alloc(rows * columns, "x"), total: backend.alloc(columns, "total") };
    const executable = await backend.compile(plan, buffers);
    await executable.submit(new Uint32Array(plan.scalarWords * steps), steps);
    const found = new Float32Array((await backend.read(buffers.total)).buffer);
    expect(Array.from(found)).toEqual(new Array(columns).fill(steps)); // the mean of exp(0) is 1
  } finally {
    await backend.close();
  }
});
