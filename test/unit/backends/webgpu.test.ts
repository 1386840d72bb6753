import fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { findAdapters } from "../../../engine/backends/webgpu/adapter.ts";
import { openDevice } from "../../../engine/backends/webgpu/device.ts";
import type { Target } from "../../../engine/backends/webgpu/kernel.ts";
import { type Case, cases, check, randomCase } from "./cases.ts";

/** The case without numbers below the normal range, which WGSL may take for 0. */
const flushed = (c: Case): Case => ({
  ...c,
  data: c.data.map((d) => (d instanceof Float32Array ? d.map((x) => (Math.abs(x) < 2 ** -126 ? x * 0 : x)) : d)),
});

async function open(target?: Target): Promise<Backend> {
  const [best] = await findAdapters({ software: true });
  if (!best) throw new Error("no WebGPU adapter");
  return openDevice(best, console.error, target);
}

describe.each(["cpu", "gpu"] as const)(
  "webgpu with kernels for a %s runs launches as the interpreter does",
  (target) => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await open(target);
    });
    afterAll(() => backend.close());
    test.each(cases)("$name", (c) => check(backend, flushed(c)));

    test("random maps and reductions over random views", async () => {
      await fc.assert(
        fc.asyncProperty(randomCase, (c) => check(backend, c)),
        { numRuns: 30 },
      );
    }, 60_000);
  },
);
