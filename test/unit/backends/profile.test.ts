import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import type { ContractLaunch, MapLaunch, Plan, View } from "../../../engine/backends/launch.ts";
import { bestRate } from "../../../engine/backends/peaks.ts";
import { launchTimes, turnsOf } from "../../../engine/backends/profile.ts";
import { WasmBackend } from "../../../engine/backends/wasm/backend.ts";
import { TILES } from "../../../engine/backends/wasm/gemm.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { findAdapters } from "../../../engine/backends/webgpu/adapter.ts";
import { openDevice } from "../../../engine/backends/webgpu/device.ts";
import { BackendError } from "../../../engine/errors/index.ts";

const view = (buffer: number, strides: number[]): View => ({ buffer, offset: 0, strides, dtype: "f32" });
const N = 256;

/** x += scalar 1; y = x @ x; the empty launch; x = x * 0.5. */
const scaled = (label: string, n: number, by: number): MapLaunch => ({
  kind: "map",
  label,
  shape: [n],
  views: [view(0, [1])],
  code: [
    { op: "load", view: 0, dtype: "f32" },
    { op: "const", value: by, dtype: "f32" },
    { op: "scalar", slot: 1, dtype: "f32" },
    { op: "binary", fn: "mul", a: 0, b: 1, dtype: "f32" },
    { op: "binary", fn: "add", a: 3, b: 2, dtype: "f32" },
  ],
  stores: [{ view: view(0, [1]), value: 4 }],
});
const product: ContractLaunch = {
  kind: "contract",
  label: "product",
  batch: [],
  m: [N],
  n: [N],
  k: [N],
  a: view(0, [N, 1]),
  b: view(0, [N, 1]),
  out: view(1, [N, 1]),
};
const plan: Plan = {
  label: "mixed",
  buffers: [{ words: N * N, name: "x" }, { words: N * N }],
  launches: [scaled("add", N * N, 1), product, scaled("nothing", 0, 1), scaled("halve", N * N, 0.5)],
  scalarWords: 2,
  rowWords: 0,
  rows: -1,
};
const scalars = (count: number) =>
  new Uint32Array(Float32Array.from({ length: 2 * count }, (_, i) => (i % 2) * (i + 1)).buffer as ArrayBuffer);

async function openWebgpu(): Promise<Backend> {
  const [best] = await findAdapters({ software: true });
  if (!best) throw new Error("no WebGPU adapter");
  return openDevice(best, () => {});
}

describe.each([
  ["wasm, one thread", () => wasmProvider.open({ threads: 1, log: () => {} })],
  ["wasm, two threads", () => wasmProvider.open({ threads: 2, log: () => {} })],
  ["webgpu", openWebgpu],
])("a profile on %s", (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  async function program() {
    const x = backend.alloc(N * N, "x");
    return { x, executable: await backend.compile(plan, { x }) };
  }

  test("changes what a submit of as many steps changes, to the bit", async () => {
    const [one, two] = [await program(), await program()];
    await one.executable.submit(scalars(7), 7);
    await two.executable.profile(scalars(7), 7);
    expect(await backend.read(two.x)).toEqual(await backend.read(one.x));
  });

  // where another program takes the processor from a thread meanwhile, the others do its share
  test("has a time for every launch, the most for the product and none for what has nothing to do", {
    retry: 4,
  }, async () => {
    const { executable } = await program();
    await executable.submit(scalars(20), 20);
    const { launches, stepMs, measuredMs } = await executable.profile(scalars(20), 20);
    const [add, multiply, nothing, halve] = launches.map((launch) => launch.ms) as [number, number, number, number];
    expect(add).toBeGreaterThan(0);
    expect(halve).toBeGreaterThan(0);
    expect(nothing).toBe(0);
    expect(multiply).toBeGreaterThan(2 * (add + halve));
    const all = launches.reduce((sum, { ms, waitMs }) => sum + ms + waitMs, 0);
    expect(all).toBeLessThan(2 * measuredMs);
    expect(stepMs).toBeGreaterThan(0);
    for (const { waitMs } of launches) expect(waitMs).toBeGreaterThanOrEqual(0);
  });

  test("takes two steps at least", async () => {
    const { executable } = await program();
    await expect(executable.profile(scalars(1), 1)).rejects.toThrow(BackendError);
    await expect(executable.profile(scalars(1), 1)).rejects.toThrow(/2 to 1024 steps/);
  });

  test("is refused once the plan was disposed", async () => {
    const { executable } = await program();
    executable.dispose();
    await expect(executable.profile(scalars(2), 2)).rejects.toThrow(/plan .*was disposed/);
  });
});

test.each([2, 3, 7, 8, 50, 1024])(
  "turns cover %i steps in order, ordinary ones and measured ones by turns",
  (count) => {
    const turns = turnsOf(count);
    let next = 0;
    for (const [i, { first, steps, measured }] of turns.entries()) {
      expect(first).toBe(next);
      expect(steps).toBeGreaterThan(0);
      expect(measured).toBe(i % 2 === 1);
      next += steps;
    }
    expect(next).toBe(count);
  },
);

test("parts of a launch are added up step by step before the median is taken", () => {
  const steps = [
    { own: [1, 2, 4], waits: [0, 0, 1] },
    { own: [2, 1, 4], waits: [0, 1, 1] },
    { own: [9, 9, 5], waits: [1, 0, 1] },
  ];
  expect(launchTimes(3, [0, 0, 2], steps)).toEqual([
    { ms: 3, waitMs: 1 },
    { ms: 0, waitMs: 0 },
    { ms: 4, waitMs: 1 },
  ]);
});

describe.each([
  ["wasm", () => wasmProvider.open({ threads: 2, log: () => {} })],
  ["wasm without fused multiply-add", () => WasmBackend.open(1, TILES.plain)],
  ["webgpu", openWebgpu],
])("peaks of %s", (_, open) => {
  test("are measured once, and leave no memory taken", async () => {
    const backend = await open();
    try {
      const before = backend.deviceBytes;
      const peaks = await backend.peaks(1, 2 ** 20);
      expect(peaks.gflops).toBeGreaterThan(0.1);
      expect(peaks.copyGBs).toBeGreaterThan(0.1);
      expect(await backend.peaks(1, 2 ** 20)).toBe(peaks);
      // a few bytes of the way back to the host are kept for the next time
      expect(backend.deviceBytes).toBeLessThan(before + 1024);
    } finally {
      await backend.close();
    }
  });
});

test("the best of three trials counts, each of them long enough", async () => {
  const asked: number[] = [];
  // a thousand per second the first time, then faster
  const rate = await bestRate(async (times) => {
    asked.push(times);
    return asked.length < 4 ? times : times / 2;
  });
  expect(Math.max(...asked)).toBeGreaterThanOrEqual(10);
  expect(new Set(asked.slice(-3)).size).toBe(1);
  expect(rate).toBe(2000);
});
