import { afterAll, beforeAll, describe, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import type { Instr, Launch, ReduceLaunch, View } from "../../../engine/backends/launch.ts";
import { findAdapters } from "../../../engine/backends/webgpu/adapter.ts";
import { openDevice } from "../../../engine/backends/webgpu/device.ts";
import { normal } from "../../../engine/random/index.ts";
import type { DType } from "../../../engine/tensor/index.ts";
import { type Case, cases, check } from "./cases.ts";

/** Cases whose sizes and offsets allow vectors of four words, which the shared ones mostly avoid. */

const view = (buffer: number, strides: number[], offset = 0, dtype: DType = "f32"): View => ({
  buffer,
  offset,
  strides,
  dtype,
});
const load = (v: number, dtype: DType = "f32", more: Partial<Extract<Instr, { op: "load" }>> = {}): Instr => ({
  op: "load",
  view: v,
  dtype,
  ...more,
});
const index = (offset: number, ...strides: number[]): Instr => ({ op: "index", offset, strides, dtype: "i32" });
const floats = (n: number, stream = 0) => normal(11, stream, n);
const spiked = (n: number) => {
  const values = floats(n);
  values[n >> 1] = Number.NaN;
  return values;
};

const map = (shape: number[], views: View[], code: Instr[], ...stores: { view: View; value: number }[]): Launch => ({
  kind: "map",
  label: "map",
  shape,
  views,
  code,
  stores,
});

/** Sum, max and argmax of one view, and the sum plus another view over the outer axes. */
function fold(name: string, outer: number[], inner: number[], strides: number[], data: Float32Array): Case {
  const outputs = outer.reduce((a, b) => a * b, 1);
  const packed = outer.map((_, i) => outer.slice(i + 1).reduce((a, b) => a * b, 1));
  const launch: ReduceLaunch = {
    kind: "reduce",
    label: name,
    outer,
    inner,
    phases: [
      {
        views: [view(0, strides)],
        code: [load(0)],
        accumulators: [
          { fn: "sum", value: 0, dtype: "f32" },
          { fn: "max", value: 0, dtype: "f32" },
          { fn: "argmax", value: 0, dtype: "i32" },
        ],
        stores: [],
      },
    ],
    epilogueViews: [view(1, packed)],
    epilogue: [
      { op: "acc", acc: 0, dtype: "f32" },
      { op: "acc", acc: 1, dtype: "f32" },
      { op: "acc", acc: 2, dtype: "i32" },
      load(0),
      { op: "binary", fn: "add", a: 0, b: 3, dtype: "f32" },
    ],
    stores: [
      { view: view(2, packed), value: 4 },
      { view: view(3, packed), value: 1 },
      { view: view(4, packed, 0, "i32"), value: 2 },
    ],
  };
  const out = () => new Float32Array(outputs);
  return {
    name,
    launches: [launch],
    data: [data, floats(outputs, 5), out(), out(), new Int32Array(outputs)],
    atol: 1e-2,
  };
}

const vectors: Case[] = [
  {
    name: "philox, one block for four lanes, and beside a block",
    data: [new Uint32Array(64), new Uint32Array(64)],
    scalars: Uint32Array.of(0, 99, 7),
    launches: [
      map(
        [64],
        [],
        [
          { op: "scalar", slot: 1, dtype: "u32" },
          { op: "scalar", slot: 2, dtype: "u32" },
          index(8, 1),
          { op: "cast", a: 2, dtype: "u32" },
          { op: "philox", seed: 0, step: 1, stream: 3, index: 3, dtype: "u32" },
          index(3, 1),
          { op: "cast", a: 5, dtype: "u32" },
          { op: "philox", seed: 0, step: 1, stream: 3, index: 6, dtype: "u32" },
        ],
        { view: view(0, [1], 0, "u32"), value: 4 },
        { view: view(1, [1], 0, "u32"), value: 7 },
      ),
    ],
  },
  {
    name: "rows gathered as vectors, some masked",
    data: [floats(160), Int32Array.of(3, 0, 9, -4, 77, 5), Uint32Array.of(1, 1, 0, 1, 1, 1), new Float32Array(96)],
    launches: [
      map(
        [6, 16],
        [view(0, [0, 1]), view(1, [1, 0], 0, "i32"), view(2, [1, 0], 0, "bool")],
        [
          load(1, "i32"),
          load(2, "bool"),
          load(0, "f32", { index: 0, indexStride: 16, indexSize: 10, mask: 1, fill: 4 }),
        ],
        { view: view(3, [16, 1]), value: 2 },
      ),
    ],
  },
  {
    name: "vectors beside a broadcast, a flip and a strided view of one buffer",
    data: [floats(400), new Float32Array(84)],
    launches: [
      map(
        [7, 12],
        [view(0, [12, 1], 4), view(0, [1, 0], 101), view(0, [12, -1], 200), view(0, [5, 3], 77)],
        [
          load(0),
          load(1),
          load(2),
          load(3),
          { op: "binary", fn: "mul", a: 0, b: 1, dtype: "f32" },
          { op: "binary", fn: "sub", a: 4, b: 2, dtype: "f32" },
          { op: "binary", fn: "max", a: 5, b: 3, dtype: "f32" },
        ],
        { view: view(1, [12, 1]), value: 6 },
      ),
    ],
  },
  {
    name: "a masked load in which lanes differ, and a comparison stored as bool",
    data: [floats(64), new Float32Array(64), new Uint32Array(64)],
    launches: [
      map(
        [8, 8],
        [view(0, [8, 1])],
        [
          index(0, 0, 1),
          { op: "const", value: 5, dtype: "i32" },
          { op: "binary", fn: "less", a: 0, b: 1, dtype: "bool" },
          load(0, "f32", { mask: 2, fill: -1 }),
          { op: "const", value: 0, dtype: "f32" },
          { op: "binary", fn: "less", a: 4, b: 3, dtype: "bool" },
        ],
        { view: view(1, [8, 1]), value: 3 },
        { view: view(2, [8, 1], 0, "bool"), value: 5 },
      ),
    ],
  },
  fold("columns of [50, 64]", [64], [50], [1, 64], spiked(3200)),
  fold("rows of [40, 64]", [40], [64], [64, 1], spiked(2560)),
  fold("rows of [3, 4096]", [3], [4096], [4096, 1], spiked(12_288)),
  fold("channels of [4, 16, 8, 8]", [16], [4, 8, 8], [64, 1024, 8, 1], spiked(4096)),
  fold("a long vector", [], [40_000], [1], spiked(40_000)),
  fold("long rows", [2], [40_000], [40_000, 1], spiked(80_000)),
];

/** Sums of rows, each stored 40 times: more names in one kernel than types have bits. */
vectors.push({
  name: "an epilogue with 40 stores",
  data: [floats(60), new Float32Array(240)],
  launches: [
    {
      kind: "reduce",
      label: "stores",
      outer: [6],
      inner: [10],
      phases: [
        {
          views: [view(0, [10, 1])],
          code: [load(0)],
          accumulators: [{ fn: "sum", value: 0, dtype: "f32" }],
          stores: [],
        },
      ],
      epilogueViews: [],
      epilogue: [{ op: "acc", acc: 0, dtype: "f32" }],
      stores: Array.from({ length: 40 }, (_, i) => ({ view: view(1, [40], i), value: 0 })),
    },
  ],
});

/** The shared cases over one axis, cut to a multiple of four. */
const cut: Case[] = cases.flatMap((c) => {
  const [launch] = c.launches;
  if (c.launches.length !== 1 || launch?.kind !== "map" || launch.shape.length !== 1) return [];
  const n = launch.shape[0] as number;
  const data = c.data.map((d) => (d instanceof Float32Array ? d.map((x) => (Math.abs(x) < 2 ** -126 ? x * 0 : x)) : d));
  return n >= 4 ? [{ ...c, data, launches: [{ ...launch, shape: [n - (n % 4)] }] }] : [];
});

describe("webgpu in vectors of four words", () => {
  let backend: Backend;
  beforeAll(async () => {
    const [best] = await findAdapters({ software: true });
    if (!best) throw new Error("no WebGPU adapter");
    backend = await openDevice(best, console.error);
  });
  afterAll(() => backend.close());
  test.each(vectors)("$name", (c) => check(backend, c), 60_000);
  test.each(cut)("$name, cut to a multiple of four", (c) => check(backend, c), 60_000);
});
