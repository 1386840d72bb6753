import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import type { Launch, Plan, View } from "../../../engine/backends/launch.ts";
import { findAdapters } from "../../../engine/backends/webgpu/adapter.ts";
import { TILES } from "../../../engine/backends/webgpu/contract.ts";
import { type DeviceOptions, openDevice } from "../../../engine/backends/webgpu/device.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { BackendError } from "../../../engine/errors/index.ts";
import { sizeOf } from "../../../engine/tensor/index.ts";
import { type Case, cases, check, checked, randomCase, runOn } from "./cases.ts";

async function open(options: DeviceOptions = {}, log: (text: string) => void = () => {}): Promise<Backend> {
  const [best] = await findAdapters({ software: true });
  if (!best) throw new Error("no WebGPU adapter");
  return openDevice(best, log, options);
}

/** The cases without numbers below the normal range, which WGSL may take for 0. */
const flushed: readonly Case[] = cases.map((c) => ({
  ...c,
  data: c.data.map((d) => (d instanceof Float32Array ? d.map((x) => (Math.abs(x) < 2 ** -126 ? x * 0 : x)) : d)),
}));

const isFold = ({ launches }: Case) => launches.some((l) => l.kind !== "map");
/** Products that a software adapter makes in a moment. */
const products = flushed.filter(({ launches }) =>
  launches.some((l) => l.kind === "contract" && sizeOf([...l.batch, ...l.m, ...l.n, ...l.k]) < 3e7),
);

// maps are the same for both but for the size of their workgroups
const targets = [
  ["cpu", flushed],
  ["gpu", flushed.filter(isFold)],
] as const;

describe.each(targets)("webgpu with kernels for a %s runs launches as the interpreter does", (target, all) => {
  let backend: Backend;
  /** What the usual tile, the smallest, made of each product. */
  const bits = new Map<Case, Uint32Array[]>();
  const usual = async (c: Case) => {
    const known = bits.get(c) ?? (await checked(backend, c));
    bits.set(c, known);
    return known;
  };
  beforeAll(async () => {
    backend = await open({ target });
  });
  afterAll(() => backend.close());
  test.each(all)(
    "$name",
    async (c) => {
      await usual(c);
    },
    60_000,
  );

  test("random maps and reductions over random views", async () => {
    await fc.assert(
      fc.asyncProperty(randomCase, (c) => check(backend, c)),
      { numRuns: 30 },
    );
  }, 60_000);

  // the code of a tile for a GPU takes a software adapter seconds to compile, and differs from the next one's in sizes alone: they share the products
  test("products have the same bits in every tile", async () => {
    const others = TILES[target].filter((tile) => tile !== (target === "cpu" ? TILES.cpu[0] : TILES.gpu.at(-1)));
    for (const [t, tile] of others.entries()) {
      const other = await open({ target, tile });
      for (const [i, c] of products.entries()) {
        if (target === "gpu" && i % others.length !== t) continue;
        expect(await checked(other, c), `${c.name} in ${tile.name}`).toEqual(await usual(c));
      }
      await other.close();
    }
  }, 120_000);
});

test("a launch of more workgroups than one axis of a grid takes reaches every word", async () => {
  const backend = await open({ target: "gpu" });
  const count = 65_600 * 64 + 3;
  const launch: Launch = {
    kind: "map",
    label: "count",
    shape: [count],
    views: [],
    code: [{ op: "index", offset: 0, strides: [1], dtype: "i32" }],
    stores: [{ view: { buffer: 0, offset: 0, strides: [1], dtype: "i32" }, value: 0 }],
  };
  const [words] = await runOn(backend, { name: "count", data: [new Int32Array(count)], launches: [launch] });
  expect(words?.findIndex((word, i) => word !== i)).toBe(-1);
  await backend.close();
}, 60_000);

describe("tiles that are measured", () => {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-choices-"));
  const choices = join(folder, "deep", "kernels.json");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const large = cases.find(({ name }) => name === "[128, 784] @ [784, 256]") as Case;
  const runWith = async (options: DeviceOptions) => {
    const said: string[] = [];
    const backend = await open({ target: "cpu", ...options }, (text) => said.push(text));
    const result = await runOn(backend, large);
    await backend.close();
    return { result, measured: said.filter((text) => /measured products/.test(text)).length, said };
  };

  test("are measured once, kept in a file, and give the bits of the usual ones", async () => {
    const usual = await runWith({});
    const first = await runWith({ choices });
    const later = await runWith({ choices });
    expect([usual.measured, first.measured, later.measured]).toEqual([0, 1, 0]);
    expect(first.result).toEqual(usual.result);
    expect(later.result).toEqual(usual.result);
    expect(Object.values(JSON.parse(readFileSync(choices, "utf8")))).toHaveLength(1);
  }, 60_000);

  test("are measured anew where the file is broken, which the log says", async () => {
    writeFileSync(choices, "{ not JSON");
    const { measured, said } = await runWith({ choices });
    expect(measured).toBe(1);
    expect(said.join("\n")).toMatch(/kernels.json is not used: /);
    expect(Object.values(JSON.parse(readFileSync(choices, "utf8")))).toHaveLength(1);
  }, 60_000);

  test("serve without a file where none can be written, which the log says", async () => {
    writeFileSync(join(folder, "flat"), "");
    const { measured, said } = await runWith({ choices: join(folder, "flat", "kernels.json") });
    expect(measured).toBe(1);
    expect(said.join("\n")).toMatch(/cannot be kept in/);
  }, 60_000);
});

const view = (buffer: number, strides: number[], offset = 0): View => ({ buffer, offset, strides, dtype: "f32" });

/** x += scalar 1, and the last word of x goes to the rows. */
const counter: Plan = {
  label: "counter",
  buffers: [{ words: 5000, name: "x" }, { words: 1024 }],
  launches: [
    {
      kind: "map",
      label: "add",
      shape: [5000],
      views: [view(0, [1])],
      code: [
        { op: "load", view: 0, dtype: "f32" },
        { op: "scalar", slot: 1, dtype: "f32" },
        { op: "binary", fn: "add", a: 0, b: 1, dtype: "f32" },
      ],
      stores: [{ view: view(0, [1]), value: 2 }],
    },
    {
      kind: "map",
      label: "row",
      shape: [],
      views: [view(0, [], 4999)],
      code: [
        { op: "load", view: 0, dtype: "f32" },
        { op: "scalar", slot: 0, dtype: "i32" },
      ],
      stores: [{ view: view(1, []), value: 0, index: 1, indexStride: 1 }],
    },
  ],
  scalarWords: 2,
  rowWords: 1,
  rows: 1,
};

const blocks = (...values: number[]) => new Uint32Array(Float32Array.from(values.flatMap((v) => [0, v])).buffer);
const floats = (words: Uint32Array) => [...new Float32Array(words.buffer)];

describe("a webgpu device", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  test("runs many steps in a submit, several submits in order, and gives each its rows", async () => {
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const rows = await Promise.all([
      program.submit(blocks(1, 2, 3), 3),
      program.submit(blocks(10, 20), 2),
      program.submit(blocks(100), 1),
    ]);
    expect(rows.map(floats)).toEqual([[1, 3, 6], [16, 36], [136]]);
    program.dispose();
    x.dispose();
  });

  test("orders writes and reads with submits", async () => {
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const first = program.submit(blocks(1), 1);
    const between = backend.read(x, 4998);
    backend.write(x, Float32Array.of(50), 4999);
    const second = program.submit(blocks(2), 1);
    expect(floats(await first)).toEqual([1]);
    expect(floats(await between)).toEqual([1, 1]);
    expect(floats(await second)).toEqual([52]);
    program.dispose();
    x.dispose();
  });

  test("holds no more memory after 500 submits and after its buffers and programs are gone", async () => {
    await backend.read(backend.alloc(1, "warm"));
    const before = backend.deviceBytes;
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    const step = blocks(1);
    await Promise.all([program.submit(step, 1), program.submit(step, 1)]);
    const held = backend.deviceBytes;
    for (let i = 0; i < 250; i++) await Promise.all([program.submit(step, 1), program.submit(step, 1)]);
    expect(backend.deviceBytes).toBe(held);
    program.dispose();
    program.dispose();
    x.dispose();
    x.dispose();
    expect(backend.deviceBytes).toBeLessThanOrEqual(before + 64);
  });

  test("gives fresh memory that is zeroed", async () => {
    const x = backend.alloc(1000, "x");
    backend.write(x, new Float32Array(1000).fill(3));
    await backend.read(x);
    x.dispose();
    const y = backend.alloc(1000, "y");
    expect((await backend.read(y)).every((word) => word === 0)).toBe(true);
  });

  test("gives the same bits every time", async () => {
    for (const c of cases.filter((c) => /long|784|weight/.test(c.name))) {
      expect(await runOn(backend, c), c.name).toEqual(await runOn(backend, c));
    }
  });

  test("refuses what does not fit, and goes on", async () => {
    const x = backend.alloc(5000, "x");
    expect(() => backend.alloc(2 ** 40, "activations")).toThrow(
      /^webgpu: activations needs 4194304.0 MiB in one piece, and .* allows \d+/,
    );
    await expect(backend.compile(counter, {})).rejects.toThrow(/counter: no buffer is given for "x"/);
    await expect(backend.compile(counter, { x: backend.alloc(10, "short") })).rejects.toThrow(/outside a buffer of 10/);
    const program = await backend.compile(counter, { x });
    await expect(program.submit(new Uint32Array(0), 0)).rejects.toThrow(/1 to 1024 steps, not 0/);
    program.dispose();
    await expect(program.submit(blocks(1), 1)).rejects.toThrow(/was disposed/);
    x.dispose();
    expect(() => backend.write(x, new Float32Array(1))).toThrow(BackendError);
    expect((await backend.read(backend.alloc(3, "y"))).length).toBe(3);
  });

  test("a plan with a buffer that was disposed meanwhile fails with an error, and the device goes on", async () => {
    const x = backend.alloc(5000, "x");
    const program = await backend.compile(counter, { x });
    x.dispose();
    await expect(program.submit(blocks(1), 1)).rejects.toThrow('webgpu: counter: buffer "x" was disposed');
    program.dispose();
    expect((await backend.read(backend.alloc(3, "y"))).length).toBe(3);
  });

  test("closing rejects what is under way and what comes later", async () => {
    const other = await open();
    const x = other.alloc(5000, "x");
    const program = await other.compile(counter, { x });
    const running = expect(program.submit(blocks(...new Array(1000).fill(1)), 1000)).rejects.toThrow(/closed/);
    await other.close();
    await running;
    await expect(program.submit(blocks(1), 1)).rejects.toThrow(/the device was closed/);
    await expect(other.read(x)).rejects.toThrow(BackendError);
  });
});

test("report names the adapters", async () => {
  const report = await webgpuProvider.report();
  expect(report).toMatchObject({ backend: "webgpu", available: true });
  expect(report.adapters[0]?.name).toMatch(/\w/);
});
