import { promisify } from "node:util";
import { expect, test } from "vitest";
import { findAdapters } from "../../../engine/backends/webgpu/adapter.ts";
import { openDevice } from "../../../engine/backends/webgpu/device.ts";

test("waiting for the device leaves the processor alone, and setImmediate is what it was for others", async () => {
  const [best] = await findAdapters({ software: true });
  if (!best) throw new Error("no WebGPU adapter");
  const backend = await openDevice(best, () => {});
  const [m, k, n] = [256, 1024, 256];
  const words = { a: m * k, b: k * n, out: m * n };
  const named = Object.fromEntries(Object.entries(words).map(([name, size]) => [name, backend.alloc(size, name)]));
  const view = (buffer: number, strides: number[]) => ({ buffer, offset: 0, strides, dtype: "f32" as const });
  const program = await backend.compile(
    {
      label: "product",
      buffers: Object.entries(words).map(([name, size]) => ({ name, words: size })),
      launches: [
        {
          kind: "contract",
          label: "product",
          batch: [],
          m: [m],
          n: [n],
          k: [k],
          a: view(0, [k, 1]),
          b: view(1, [n, 1]),
          out: view(2, [n, 1]),
        },
      ],
      scalarWords: 1,
      rowWords: 0,
      rows: -1,
    },
    named,
  );
  await program.submit(new Uint32Array(1), 1);
  const before = process.threadCpuUsage();
  const started = performance.now();
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setTimeout(count, 1);
  };
  count();
  await program.submit(new Uint32Array(20), 20);
  isDone = true;
  expect(turns).toBeGreaterThan(2); // the event loop went round meanwhile
  const own = process.threadCpuUsage(before);
  // asking all the time would take all of it
  expect((own.user + own.system) / 1000).toBeLessThan(0.5 * (performance.now() - started));
  expect(await new Promise((resolve) => setImmediate(resolve, "argument"))).toBe("argument");
  expect(await promisify(setImmediate)("value")).toBe("value");
  clearImmediate(setImmediate(() => expect.unreachable()));
  await backend.close();
});
