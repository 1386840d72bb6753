import { MessageChannel, Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { CONTROL_BYTES, type Job, jobsWord, type Program, type Report } from "../../../engine/backends/wasm/control.ts";
import { gemmModule, TILES } from "../../../engine/backends/wasm/gemm.ts";

/** A thread that takes long to read its data: what its memory holds is known to it before the memory itself is. */
function slowStarter(gemm: WebAssembly.Module) {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 4096, shared: true });
  const { port1, port2 } = new MessageChannel();
  const filler = Array.from({ length: 100_000 }, (_, i) => ({ i }));
  const worker = new Worker(new URL("../../../engine/backends/wasm/worker.ts", import.meta.url), {
    workerData: { filler, memory, gemm, thread: 0, port: port2 },
    transferList: [port2],
    execArgv: [],
  });
  const words = new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4);
  const ask = (job: Job) =>
    new Promise<Report>((resolve) => {
      port1.once("message", resolve);
      port1.postMessage(job);
      Atomics.add(words, jobsWord(0), 1);
      Atomics.notify(words, jobsWord(0));
    });
  return { worker, memory, ask, port: port1 };
}

test("a thread that starts while memory grows knows all of it: rows are copied to its end", async () => {
  const gemm = await WebAssembly.compile(gemmModule(TILES.fused));
  const starters = Array.from({ length: 6 }, (_, i) => ({ ...slowStarter(gemm), until: 50 * (i + 1) }));
  const start = performance.now();
  // each memory grows a little longer than the one before: for some the last time is while their thread starts
  for (let grown = start; starters.some(({ until }) => grown < start + until); grown = performance.now()) {
    for (const { memory, until } of starters) if (grown < start + until) memory.grow(1);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
  try {
    const reports = starters.map(async ({ memory, ask }) => {
      const end = memory.buffer.byteLength;
      new Float32Array(memory.buffer, end - 128, 1)[0] = 7;
      const program: Program = { id: 1, passes: [], scalarBytes: 4, rows: end - 128, rowBytes: 4 };
      await ask({ load: program });
      const run = { id: 1, serial: 1, threads: 1, first: 0, steps: 1, scalars: CONTROL_BYTES, rows: end - 64 };
      expect(await ask({ run })).toEqual({ ms: expect.any(Number) });
      expect(new Float32Array(memory.buffer, end - 64, 1)[0]).toBe(7);
    });
    await Promise.all(reports);
  } finally {
    for (const { worker, port } of starters) {
      port.close();
      await worker.terminate();
    }
  }
});
