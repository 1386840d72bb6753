import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Backend, DeviceBuffer } from "../../../engine/backends/backend.ts";
import type { Launch, MapLaunch, Plan } from "../../../engine/backends/launch.ts";
import { WasmBackend } from "../../../engine/backends/wasm/backend.ts";
import { Crew } from "../../../engine/backends/wasm/crew.ts";
import { TILES } from "../../../engine/backends/wasm/gemm.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { BackendError } from "../../../engine/errors/index.ts";
import { cases, check, randomCase, randomProduct, runOn } from "./cases.ts";

const open = (threads: number) => wasmProvider.open({ threads, log: () => {} });

describe("wasm runs launches as the interpreter does", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open(2);
  });
  afterAll(() => backend.close());
  test.each(cases)("$name", (c) => check(backend, c));

  test("random maps and reductions over random views", async () => {
    await fc.assert(
      fc.asyncProperty(randomCase, (c) => check(backend, c)),
      { numRuns: 200 },
    );
  });
});

const products = cases.filter((c) => c.launches.some((launch) => launch.kind === "contract"));
const openTile = (tile: keyof typeof TILES, threads = 2) => WasmBackend.open(threads, TILES[tile]);

describe.each(["plain", "fused", "wide"] as const)("with the %s register tile", (tile) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openTile(tile);
  });
  afterAll(() => backend.close());
  test.each(products)("$name", (c) => check(backend, c));

  test("random products over random views", async () => {
    await fc.assert(
      fc.asyncProperty(randomProduct, (c) => check(backend, c)),
      { numRuns: 60 },
    );
  });
});

test("results have the same bits with one thread, two and five, and with a wider tile", async () => {
  const backends = await Promise.all([...[1, 2, 5].map(open), openTile("fused")]);
  for (const c of [...cases, ...fc.sample(randomProduct, { numRuns: 50, seed: 1 })]) {
    const [one, ...others] = await Promise.all(backends.map((b) => runOn(b, c)));
    for (const other of others) expect(other, c.name).toEqual(one);
  }
  await Promise.all(backends.map((b) => b.close()));
});

/** x += scalar 1, and the first word of x goes to the rows. */
const counter: Plan = {
  label: "counter",
  buffers: [{ words: 5000, name: "x" }, { words: 1024 }],
  launches: [
    {
      kind: "map",
      label: "add",
      shape: [5000],
      views: [{ buffer: 0, offset: 0, strides: [1], dtype: "f32" }],
      code: [
        { op: "load", view: 0, dtype: "f32" },
        { op: "scalar", slot: 1, dtype: "f32" },
        { op: "binary", fn: "add", a: 0, b: 1, dtype: "f32" },
      ],
      stores: [{ view: { buffer: 0, offset: 0, strides: [1], dtype: "f32" }, value: 2 }],
    },
    {
      kind: "map",
      label: "row",
      shape: [],
      views: [{ buffer: 0, offset: 4999, strides: [], dtype: "f32" }],
      code: [
        { op: "load", view: 0, dtype: "f32" },
        { op: "scalar", slot: 0, dtype: "i32" },
      ],
      stores: [{ view: { buffer: 1, offset: 0, strides: [], dtype: "f32" }, value: 0, index: 1, indexStride: 1 }],
    },
  ],
  scalarWords: 2,
  rowWords: 1,
  rows: 1,
};

const blocks = (...values: number[]) =>
  new Uint32Array(Float32Array.from(values.flatMap((v) => [0, v])).buffer as ArrayBuffer);
const asFloats = (words: Uint32Array) => [...new Float32Array(words.buffer)];

test("threads that help each other with a product do all of it in every step", async () => {
  const [rows, columns, depth, steps] = [300, 130, 90, 40];
  const view = (buffer: number, strides: number[]) => ({ buffer, offset: 0, strides, dtype: "f32" as const });
  const plan: Plan = {
    label: "grow",
    buffers: [
      { words: rows * depth, name: "a" },
      { words: depth * columns, name: "b" },
      { words: rows * columns, name: "out" },
    ],
    launches: [
      { ...(counter.launches[0] as MapLaunch), shape: [rows * depth] },
      {
        kind: "contract",
        label: "product",
        batch: [],
        m: [rows],
        n: [columns],
        k: [depth],
        a: view(0, [depth, 1]),
        b: view(1, [columns, 1]),
        out: view(2, [columns, 1]),
      },
    ],
    scalarWords: 2,
    rowWords: 0,
    rows: -1,
  };
  for (const threads of [1, 2, 5]) {
    const backend = await open(threads);
    const [a, b, out] = plan.buffers.map(({ words, name }) => backend.alloc(words, name as string));
    backend.write(b as DeviceBuffer, new Float32Array(depth * columns).fill(1));
    const program = await backend.compile(plan, { a, b, out } as Record<string, DeviceBuffer>);
    for (let done = 1; done <= steps; done++) {
      await program.submit(blocks(1, 1, 1), 3);
      const found = new Float32Array((await backend.read(out as DeviceBuffer)).buffer);
      expect(found.every((x) => x === 3 * done * depth)).toBe(true);
    }
    await backend.close();
  }
});

describe("a backend", () => {
  let backend: Backend;
  afterEach(() => backend.close());

  test("runs many steps in a submit, several submits in order, and gives each its rows", async () => {
    backend = await open(2);
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const rows = await Promise.all([
      program.submit(blocks(1, 2, 3), 3),
      program.submit(blocks(10, 20), 2),
      program.submit(blocks(100), 1),
    ]);
    expect(rows.map(asFloats)).toEqual([[1, 3, 6], [16, 36], [136]]);
  });

  test("orders writes and reads with submits", async () => {
    backend = await open(2);
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const first = program.submit(blocks(1), 1);
    const between = backend.read(x, 4998);
    backend.write(x, Float32Array.of(50), 4999);
    const second = program.submit(blocks(2), 1);
    expect(asFloats(await first)).toEqual([1]);
    expect(asFloats(await between)).toEqual([1, 1]);
    expect(asFloats(await second)).toEqual([52]);
  });

  test("holds no more memory after 10,000 submits and after its buffers and programs are gone", async () => {
    backend = await open(2);
    const before = backend.deviceBytes;
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const step = blocks(1);
    await program.submit(step, 1);
    const held = backend.deviceBytes;
    for (let i = 0; i < 5000; i++) await Promise.all([program.submit(step, 1), program.submit(step, 1)]);
    expect(backend.deviceBytes).toBeLessThanOrEqual(held + 64);
    expect(asFloats(await backend.read(x, 0, 1))).toEqual([10_001]);
    program.dispose();
    x.dispose();
    const last = backend.alloc(1, "last");
    await backend.read(last); // comes after the frees, which wait for what is under way
    last.dispose();
    expect(backend.deviceBytes).toBe(before);
  });

  test("gives back memory that is zeroed, after the work that used it", async () => {
    backend = await open(2);
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const running = program.submit(blocks(...new Array(500).fill(1)), 500);
    x.dispose();
    const y = backend.alloc(5000, "y");
    await running;
    expect((await backend.read(y)).every((w) => w === 0)).toBe(true);
    const z = backend.alloc(5000, "z");
    expect((await backend.read(z)).every((w) => w === 0)).toBe(true);
  });

  test("says how much there is when memory runs out, and goes on", async () => {
    backend = await open(1);
    expect(() => backend.alloc(2 ** 30, "weights")).toThrow(
      /^wasm: no room for 4096.0 MiB \(weights\): 0.0 MiB of 4096.0 MiB are in use$/,
    );
    expect((await backend.read(backend.alloc(3, "x"))).length).toBe(3);
  });

  test("refuses what does not fit: a missing or short buffer, a disposed one, a bad count", async () => {
    backend = await open(1);
    const x = backend.alloc(5000, "x");
    await expect(backend.compile(counter, {})).rejects.toThrow(/plan counter: no buffer "x" was given/);
    await expect(backend.compile(counter, { x: backend.alloc(10, "short") })).rejects.toThrow(/5000 words at 0/);
    const program = await backend.compile(counter, { x });
    await expect(program.submit(new Uint32Array(4), 1)).rejects.toThrow(/1 steps with 4 scalar words/);
    await expect(program.submit(new Uint32Array(0), 0)).rejects.toThrow(BackendError);
    const small: Plan = { ...counter, buffers: [{ words: 5000, name: "x" }, { words: 2 }] }; // a ring of rows for two steps
    const short = await backend.compile(small, { x });
    expect(asFloats(await short.submit(blocks(1, 2), 2))).toEqual([1, 3]);
    await expect(short.submit(blocks(1, 2, 3), 3)).rejects.toThrow(/3 steps with 6 scalar words; 1 to 2 steps of 2/);
    const running = program.submit(blocks(1), 1);
    x.dispose();
    x.dispose();
    expect(asFloats(await running)).toEqual([4]);
    await expect(program.submit(blocks(1), 1)).rejects.toThrow(/plan counter: buffer x was disposed/);
    expect(() => backend.write(x, new Float32Array(1))).toThrow(/buffer x was disposed/);
    expect(() => backend.write(backend.alloc(2, "y"), new Float32Array(3))).toThrow(/3 words at 0 do not fit/);
  });

  test("a kernel that fails loses the device: pending and later submits reject, and close still works", async () => {
    backend = await open(2);
    const x = backend.alloc(8, "x");
    // trusted store index, far outside of memory
    const stray: Launch = {
      kind: "map",
      label: "stray",
      shape: [],
      views: [],
      code: [
        { op: "const", value: 1, dtype: "f32" },
        { op: "const", value: 0x20000000, dtype: "i32" },
      ],
      stores: [{ view: { buffer: 0, offset: 0, strides: [], dtype: "f32" }, value: 0, index: 1, indexStride: 1 }],
    };
    const plan: Plan = {
      label: "stray",
      buffers: [{ words: 8, name: "x" }],
      launches: [stray],
      scalarWords: 1,
      rowWords: 0,
      rows: -1,
    };
    const program = await backend.compile(plan, { x });
    const submits = await Promise.allSettled([1, 2].map(() => program.submit(new Uint32Array(1), 1)));
    for (const s of submits) expect(s).toMatchObject({ status: "rejected", reason: expect.any(BackendError) });
    expect(await backend.lost).toMatch(/thread 0: memory access out of bounds/);
    await expect(program.submit(new Uint32Array(1), 1)).rejects.toThrow(/out of bounds/);
    await expect(backend.read(x)).rejects.toThrow(BackendError);
  });

  test("closing rejects what is under way", async () => {
    backend = await open(2);
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const running = program.submit(blocks(...new Array(1000).fill(1)), 1000);
    const closed = backend.close();
    await expect(running).rejects.toThrow(/the backend was closed/);
    await closed;
  });
});

test("an idle pool takes no processor time", async () => {
  const backend = await open(2);
  const x = backend.alloc(5000, "x");
  const program = await backend.compile(counter, { x });
  await program.submit(blocks(1), 1);
  await new Promise((resolve) => setTimeout(resolve, 50)); // threads spin for a moment before they sleep
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 400));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(100);
  await backend.close();
});

describe("a crew", () => {
  /** Share of the time of 2000 submits of 10 steps that each number of threads got, `ms(threads)` being that of a step. */
  const shares = (crew: Crew, ms: (threads: number) => number): Record<number, number> => {
    const spent: Record<number, number> = {};
    let total = 0;
    for (let i = 0; i < 2000; i++) {
      for (const shift of crew.divide(10)) {
        const time = ms(shift.threads) * shift.steps;
        spent[shift.threads] = (spent[shift.threads] ?? 0) + time;
        total += time;
        crew.learn(shift, time);
      }
    }
    return Object.fromEntries(Object.entries(spent).map(([threads, time]) => [threads, time / total]));
  };

  test("stays with all threads where they are fastest, and seldom tries others", () => {
    expect(shares(new Crew(2), (threads) => 1 / threads)[2]).toBeGreaterThan(0.93);
  });

  test("comes down to one thread where barriers cost much, and back when that changes", () => {
    const crew = new Crew(8);
    shares(crew, (threads) => threads ** 2);
    expect(shares(crew, (threads) => threads ** 2)[1]).toBeGreaterThan(0.9);
    shares(crew, (threads) => 1 / threads);
    expect(shares(crew, (threads) => 1 / threads)[8]).toBeGreaterThan(0.9);
  });

  test("divides a submit into all of its steps, and has nothing to try with one thread", () => {
    const crew = new Crew(4);
    for (let i = 1; i < 500; i++) {
      const shifts = crew.divide(i);
      expect(shifts.reduce((sum, { steps }) => sum + steps, 0)).toBe(i);
      for (const shift of shifts) crew.learn(shift, shift.steps);
    }
    expect(new Crew(1).divide(7)).toEqual([{ threads: 1, steps: 7 }]);
  });
});

test("report names the cores and what the runtime can do", async () => {
  const report = await wasmProvider.report();
  expect(report).toMatchObject({ backend: "wasm", available: true, mend: "" });
  expect(report.adapters[0]?.name).toMatch(/^CPU, \d+ cores?$/);
  expect(report.detail).toMatch(/^SIMD yes, relaxed SIMD (yes|no), fused multiply-add (yes|no), 256 bits (yes|no)$/);
});
