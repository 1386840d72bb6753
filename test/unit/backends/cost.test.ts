import { describe, expect, test } from "vitest";
import { distinctWords, launchCost } from "../../../engine/backends/cost.ts";
import type { View } from "../../../engine/backends/launch.ts";

const f32 = (buffer: number, strides: readonly number[], offset = 0): View => ({
  buffer,
  offset,
  strides,
  dtype: "f32",
});
const buffers = (...words: number[]) => words.map((n) => ({ words: n }));

/** Different sums of strides, by going through all of them. */
function counted(shape: readonly number[], strides: readonly number[]): number {
  let all = [0];
  for (const [axis, n] of shape.entries()) {
    all = all.flatMap((x) => Array.from({ length: n }, (_, i) => x + i * (strides[axis] as number)));
  }
  return new Set(all).size;
}

describe("distinct words of a view are those that a count finds", () => {
  test.each([
    ["row-major", [3, 4, 5], [20, 5, 1]],
    ["broadcast", [3, 4], [0, 1]],
    ["transposed", [3, 4], [1, 3]],
    ["flipped", [3, 4], [-4, 1]],
    ["windows 3x3 over 2 images with 2 channels of 8x8", [2, 6, 6, 2, 3, 3], [128, 8, 1, 64, 8, 1]],
    ["windows 3x3 with stride 2", [3, 3, 3, 3], [16, 2, 8, 1]],
    ["windows 3x3 with dilation 2", [4, 4, 3, 3], [8, 1, 16, 2]],
    ["windows 2x2 that do not overlap", [4, 4, 2, 2], [16, 2, 8, 1]],
    ["windows with gaps", [3, 2], [5, 1]],
    ["a diagonal", [4, 4], [1, 1]],
    ["nothing", [0, 4], [4, 1]],
  ])("%s", (_, shape, strides) => {
    expect(distinctWords(shape, strides)).toBe(counted(shape, strides));
  });
});

test("a matrix product counts two operations per multiply-add and its three matrices", () => {
  const launch = {
    kind: "contract" as const,
    label: "",
    batch: [],
    m: [2],
    n: [5],
    k: [3],
    a: f32(0, [3, 1]),
    b: f32(1, [5, 1]),
    out: f32(2, [5, 1]),
  };
  expect(launchCost(launch, buffers(6, 15, 10))).toEqual({ flops: 60, readBytes: 4 * (6 + 15), writeBytes: 4 * 10 });
});

test("a convolution reads every pixel once, however many windows hold it", () => {
  // x [2, 3, 8, 8] and weight [4, 3, 3, 3] to [4, 2, 6, 6]
  const launch = {
    kind: "contract" as const,
    label: "",
    batch: [],
    m: [4],
    n: [2, 6, 6],
    k: [3, 3, 3],
    a: f32(0, [27, 9, 3, 1]),
    b: f32(1, [64, 8, 1, 192, 8, 1]),
    out: f32(2, [72, 36, 6, 1]),
  };
  const cost = launchCost(launch, buffers(108, 384, 288));
  expect(cost).toEqual({ flops: 2 * 288 * 27, readBytes: 4 * (108 + 384), writeBytes: 4 * 288 });
});

test("a map counts its arithmetic per coordinate, and what is the same everywhere not at all", () => {
  // y = exp(x * bias) + sqrt(scalar), x [10, 4], bias [4]
  const launch = {
    kind: "map" as const,
    label: "",
    shape: [10, 4],
    views: [f32(0, [4, 1]), f32(1, [0, 1])],
    code: [
      { op: "load" as const, view: 0, dtype: "f32" as const },
      { op: "load" as const, view: 1, dtype: "f32" as const },
      { op: "binary" as const, fn: "mul" as const, a: 0, b: 1, dtype: "f32" as const },
      { op: "unary" as const, fn: "exp" as const, a: 2, dtype: "f32" as const },
      { op: "scalar" as const, slot: 1, dtype: "f32" as const },
      { op: "unary" as const, fn: "sqrt" as const, a: 4, dtype: "f32" as const },
      { op: "binary" as const, fn: "add" as const, a: 3, b: 5, dtype: "f32" as const },
    ],
    stores: [{ view: f32(2, [4, 1]), value: 6 }],
  };
  const cost = launchCost(launch, buffers(40, 4, 40));
  expect(cost).toEqual({ flops: 40 * (1 + 8 + 1), readBytes: 4 * 44, writeBytes: 4 * 40 });
});

test("a reduction counts one operation per element and accumulator, and its epilogue per result", () => {
  // mean of squares of x [6, 100] along the last axis
  const launch = {
    kind: "reduce" as const,
    label: "",
    outer: [6],
    inner: [100],
    phases: [
      {
        views: [f32(0, [100, 1])],
        code: [
          { op: "load" as const, view: 0, dtype: "f32" as const },
          { op: "binary" as const, fn: "mul" as const, a: 0, b: 0, dtype: "f32" as const },
        ],
        accumulators: [{ fn: "sum" as const, value: 1, dtype: "f32" as const }],
        stores: [],
      },
    ],
    epilogueViews: [],
    epilogue: [
      { op: "acc" as const, acc: 0, dtype: "f32" as const },
      { op: "const" as const, value: 0.01, dtype: "f32" as const },
      { op: "binary" as const, fn: "mul" as const, a: 0, b: 1, dtype: "f32" as const },
    ],
    stores: [{ view: f32(1, [1]), value: 2 }],
  };
  expect(launchCost(launch, buffers(600, 6))).toEqual({ flops: 600 * 2 + 6, readBytes: 2400, writeBytes: 24 });
});

test("a gather counts the rows that it takes, not the table", () => {
  // out[i, j] = table[order[i], j], 8 rows of 5 out of 1000
  const launch = {
    kind: "map" as const,
    label: "",
    shape: [8, 5],
    views: [{ ...f32(0, [1, 0]), dtype: "i32" as const }, f32(1, [0, 1])],
    code: [
      { op: "load" as const, view: 0, dtype: "i32" as const },
      { op: "load" as const, view: 1, dtype: "f32" as const, index: 0, indexStride: 5, indexSize: 1000 },
    ],
    stores: [{ view: f32(2, [5, 1]), value: 1 }],
  };
  const cost = launchCost(launch, buffers(8, 5000, 40));
  expect(cost).toEqual({ flops: 0, readBytes: 4 * (8 + 40), writeBytes: 4 * 40 });
});

test("an update in place counts its words once as read and once as written", () => {
  const launch = {
    kind: "map" as const,
    label: "",
    shape: [7],
    views: [f32(0, [1]), f32(0, [1])],
    code: [
      { op: "load" as const, view: 0, dtype: "f32" as const },
      { op: "load" as const, view: 1, dtype: "f32" as const },
      { op: "binary" as const, fn: "add" as const, a: 0, b: 1, dtype: "f32" as const },
    ],
    stores: [{ view: f32(0, [1]), value: 2 }],
  };
  expect(launchCost(launch, buffers(7))).toEqual({ flops: 7, readBytes: 28, writeBytes: 28 });
});
