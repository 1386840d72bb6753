import { describe, expect, test } from "vitest";
import { erf, interpret } from "../../../engine/backends/interpret.ts";
import type { Launch, Plan, View } from "../../../engine/backends/launch.ts";
import { words as philoxWords } from "../../../engine/random/index.ts";
import { interpretBackend } from "./interpretBackend.ts";

const f32 = (...values: number[]) => new Uint32Array(Float32Array.from(values).buffer);
const asF32 = (words: Uint32Array) => [...new Float32Array(words.buffer)];
const view = (buffer: number, strides: number[], offset = 0, dtype: View["dtype"] = "f32"): View => ({
  buffer,
  offset,
  strides,
  dtype,
});

function run(launch: Launch, buffers: Uint32Array[], scalars = new Uint32Array(1)): void {
  interpret({ launches: [launch] }, buffers, scalars);
}

describe("map", () => {
  test("a flipped and a broadcast view are read where their strides say", () => {
    const out = new Uint32Array(4);
    run(
      {
        kind: "map",
        label: "",
        shape: [2, 2],
        views: [view(0, [0, -1], 1), view(1, [1, 0])],
        code: [
          { op: "load", view: 0, dtype: "f32" },
          { op: "load", view: 1, dtype: "f32" },
          { op: "binary", fn: "sub", a: 0, b: 1, dtype: "f32" },
        ],
        stores: [{ view: view(2, [2, 1]), value: 2 }],
      },
      [f32(1, 2), f32(10, 20), out],
    );
    expect(asF32(out)).toEqual([-8, -9, -18, -19]);
  });

  test("an index is clamped, and a masked load takes its fill", () => {
    const out = new Uint32Array(3);
    run(
      {
        kind: "map",
        label: "",
        shape: [3],
        views: [view(0, [0]), view(1, [1], 0, "i32"), view(2, [1], 0, "bool")],
        code: [
          { op: "load", view: 1, dtype: "i32" },
          { op: "load", view: 2, dtype: "bool" },
          { op: "load", view: 0, dtype: "f32", index: 0, indexStride: 1, indexSize: 3, mask: 1, fill: -1 },
        ],
        stores: [{ view: view(3, [1]), value: 2 }],
      },
      [f32(5, 6, 7), new Uint32Array(Int32Array.of(-4, 1, 9).buffer), Uint32Array.of(1, 0, 1), out],
    );
    expect(asF32(out)).toEqual([5, -1, 7]);
  });

  test("philox draws the words of engine/random", () => {
    const out = new Uint32Array(9);
    run(
      {
        kind: "map",
        label: "",
        shape: [9],
        views: [],
        code: [
          { op: "scalar", slot: 0, dtype: "u32" },
          { op: "scalar", slot: 1, dtype: "u32" },
          { op: "index", offset: 0, strides: [1], dtype: "i32" },
          { op: "cast", a: 2, dtype: "u32" },
          { op: "philox", seed: 0, step: 1, stream: 3, index: 3, dtype: "u32" },
        ],
        stores: [{ view: view(0, [1], 0, "u32"), value: 4 }],
      },
      [out],
      Uint32Array.of(4000000000, 17),
    );
    expect(out).toEqual(philoxWords(4000000000, 3, 17, 9));
  });
});

test("reduce: sum, max with NaN and the first argmax share one pass, and the epilogue reads them", () => {
  const out = [new Uint32Array(2), new Uint32Array(2), new Uint32Array(2)] as const;
  run(
    {
      kind: "reduce",
      label: "",
      outer: [2],
      inner: [3],
      phases: [
        {
          views: [view(0, [3, 1])],
          code: [{ op: "load", view: 0, dtype: "f32" }],
          accumulators: [
            { fn: "sum", value: 0, dtype: "f32" },
            { fn: "max", value: 0, dtype: "f32" },
            { fn: "argmax", value: 0, dtype: "i32" },
          ],
          stores: [],
        },
      ],
      epilogueViews: [view(1, [0])],
      epilogue: [
        { op: "acc", acc: 0, dtype: "f32" },
        { op: "acc", acc: 1, dtype: "f32" },
        { op: "acc", acc: 2, dtype: "i32" },
        { op: "load", view: 0, dtype: "f32" },
        { op: "binary", fn: "mul", a: 0, b: 3, dtype: "f32" },
      ],
      stores: [
        { view: view(2, [1]), value: 4 },
        { view: view(3, [1]), value: 1 },
        { view: view(4, [1], 0, "i32"), value: 2 },
      ],
    },
    [f32(1, 4, 4, 2, Number.NaN, 9), f32(0.5), ...out],
  );
  expect(asF32(out[0])).toEqual([4.5, Number.NaN]);
  expect(asF32(out[1])).toEqual([4, Number.NaN]);
  expect([...out[2]]).toEqual([1, 1]);
});

test("contract: a 1-D convolution is a contraction over overlapping windows", () => {
  const out = new Uint32Array(6);
  run(
    {
      kind: "contract",
      label: "",
      batch: [],
      m: [3],
      n: [2],
      k: [2],
      a: view(0, [1, 1]),
      b: view(1, [1, 2]), // kernels stored as [n, k]
      out: view(2, [2, 1]),
    },
    [f32(1, 2, 3, 4), f32(1, 1, -1, 1), out],
  );
  expect(asF32(out)).toEqual([3, 1, 5, 1, 7, 1]);
});

test("erf agrees with Abramowitz & Stegun's table 7.1", () => {
  expect(erf(0.5)).toBeCloseTo(0.5204998778, 10);
  expect(erf(-1)).toBeCloseTo(-0.8427007929, 10);
  expect(erf(2)).toBeCloseTo(0.995322265, 10);
  expect(erf(20)).toBe(1);
});

test("the interpreting backend counts steps in ROW_SLOT and returns the rows", async () => {
  const backend = interpretBackend();
  const p = backend.alloc(1, "p");
  const plan: Plan = {
    label: "count",
    buffers: [{ words: 1, name: "p" }, { words: 8 }],
    launches: [
      {
        kind: "map",
        label: "add",
        shape: [],
        views: [view(0, [])],
        code: [
          { op: "load", view: 0, dtype: "f32" },
          { op: "scalar", slot: 1, dtype: "f32" },
          { op: "binary", fn: "add", a: 0, b: 1, dtype: "f32" },
          { op: "scalar", slot: 0, dtype: "i32" },
        ],
        stores: [
          { view: view(0, []), value: 2 },
          { view: view(1, []), value: 2, index: 3, indexStride: 1 },
        ],
      },
    ],
    scalarWords: 2,
    rowWords: 1,
    rows: 1,
  };
  const step = await backend.compile(plan, { p });
  const rows = await step.submit(f32(0, 1, 0, 10, 0, 100), 3);
  expect(asF32(rows)).toEqual([1, 11, 111]);
  expect(asF32(await backend.read(p))).toEqual([111]);
});
