import type { Attrs } from "../../../engine/ops/index.ts";
import { uniform } from "../../../engine/random/index.ts";
import { type DType, type Shape, sizeOf } from "../../../engine/tensor/index.ts";

/** One input of a case: smooth ops get numbers from [lo, hi), others a few distinct values. */
export interface Operand {
  shape: Shape;
  dtype: DType;
  lo: number;
  hi: number;
}

export interface OpCase {
  inputs: readonly Operand[];
  attrs?: Attrs;
}

const f32 = (shape: Shape, lo = -2, hi = 2): Operand => ({ shape, dtype: "f32", lo, hi });
const i32 = (shape: Shape, lo = -5, hi = 6): Operand => ({ shape, dtype: "i32", lo, hi });
const u32 = (shape: Shape, lo = 1, hi = 9): Operand => ({ shape, dtype: "u32", lo, hi });
const bool = (shape: Shape): Operand => ({ shape, dtype: "bool", lo: 0, hi: 2 });

const unary = (lo = -2, hi = 2): OpCase[] => [{ inputs: [f32([2, 3], lo, hi)] }, { inputs: [f32([], lo, hi)] }];
const arithmetic: OpCase[] = [{ inputs: [f32([2, 3]), f32([2, 3], 0.5, 2)] }, { inputs: [i32([4]), i32([4], 1, 4)] }];
const comparison: OpCase[] = [{ inputs: [i32([8], 0, 3), i32([8], 0, 3)] }, { inputs: [f32([3]), f32([3])] }];
const logic: OpCase[] = [{ inputs: [bool([2, 4]), bool([2, 4])] }];
const folds: OpCase[] = [
  { inputs: [f32([3, 4])], attrs: { axes: [0] } },
  { inputs: [f32([2, 3, 2])], attrs: { axes: [0, 2] } },
  { inputs: [f32([2, 3])], attrs: { axes: [0, 1] } },
];
const windows2d = { axes: [1, 2], size: [3, 2], stride: [2, 1], dilation: [1, 2] };

/** What the laws try each op on. An op without an entry fails them. */
export const cases: Readonly<Record<string, readonly OpCase[]>> = {
  input: [],
  constant: [{ inputs: [], attrs: { value: 2.5, shape: [2, 3], dtype: "f32" } }],
  iota: [
    { inputs: [], attrs: { axis: 1, shape: [2, 3], dtype: "i32" } },
    { inputs: [], attrs: { axis: 0, shape: [3], dtype: "f32" } },
  ],
  philox: [{ inputs: [u32([]), u32([])], attrs: { stream: 3, shape: [2, 3] } }],
  neg: unary(),
  abs: unary(),
  sign: unary(),
  floor: unary(),
  exp: unary(),
  log: unary(0.2, 3),
  sqrt: unary(0.2, 3),
  sin: unary(),
  cos: unary(),
  tanh: unary(),
  sigmoid: unary(),
  erf: unary(),
  relu: unary(),
  isFinite: unary(),
  not: [{ inputs: [bool([5])] }],
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: arithmetic,
  pow: [{ inputs: [f32([2, 3], 0.3, 2), f32([2, 3], -2, 2)] }],
  maximum: arithmetic,
  minimum: arithmetic,
  mod: [{ inputs: [i32([6]), i32([6], 1, 5)] }, { inputs: [u32([6]), u32([6])] }],
  equal: comparison,
  less: comparison,
  lessEqual: comparison,
  and: logic,
  or: logic,
  select: [{ inputs: [bool([2, 3]), f32([2, 3]), f32([2, 3])] }],
  cast: [
    { inputs: [f32([6], -3, 3)], attrs: { dtype: "i32" } },
    { inputs: [i32([6])], attrs: { dtype: "f32" } },
    { inputs: [i32([6], -1, 2)], attrs: { dtype: "bool" } },
    { inputs: [bool([4])], attrs: { dtype: "f32" } },
  ],
  stopGradient: [{ inputs: [f32([2])] }],
  sum: [...folds, { inputs: [i32([2, 3])], attrs: { axes: [1] } }],
  max: folds,
  argmax: folds,
  atan: [{ inputs: [f32([3, 4], -5, 5)] }],
  log1p: [{ inputs: [f32([3, 4], -0.9, 5)] }],
  takeAlong: [
    { inputs: [f32([3, 4]), i32([3, 6], 0, 4)], attrs: { axis: 1 } },
    { inputs: [f32([3, 2]), i32([2, 2], -2, 5)], attrs: { axis: 0 } },
  ],
  gelu: [
    { inputs: [f32([2, 3])], attrs: { approximate: "none" } },
    { inputs: [f32([5], -4, 4)], attrs: { approximate: "tanh" } },
  ],
  softmax: [
    { inputs: [f32([2, 3])], attrs: { axis: 1 } },
    { inputs: [f32([3, 2, 2])], attrs: { axis: 0 } },
  ],
  variance: folds.map(({ inputs, attrs }) => ({ inputs, attrs: { ...attrs, divisor: 2.5 } })),
  reshape: [{ inputs: [f32([2, 6])], attrs: { shape: [3, 4] } }],
  permute: [{ inputs: [f32([2, 3, 4])], attrs: { order: [2, 0, 1] } }],
  broadcast: [
    { inputs: [f32([3, 1])], attrs: { shape: [2, 3, 4] } },
    { inputs: [f32([])], attrs: { shape: [2] } },
  ],
  slice: [
    { inputs: [f32([2, 7])], attrs: { axis: 1, start: 1, end: 6, step: 2 } },
    { inputs: [f32([5])], attrs: { axis: 0, start: 2, end: 5, step: 1 } },
  ],
  pad: [
    { inputs: [f32([2, 3])], attrs: { lo: [1, 2], hi: [0, 1], interior: [1, 2], value: -1 } },
    { inputs: [f32([5])], attrs: { lo: [-2], hi: [-1], interior: [1], value: 0 } },
    { inputs: [f32([3])], attrs: { lo: [4], hi: [-3], interior: [2], value: 0 } },
  ],
  flip: [{ inputs: [f32([2, 3])], attrs: { axes: [1] } }],
  concat: [{ inputs: [f32([2, 3]), f32([2, 1]), f32([2, 2])], attrs: { axis: 1 } }],
  slide: [{ inputs: [f32([2, 7, 5, 3, 2])], attrs: windows2d }],
  unslide: [
    { inputs: [f32([2, 3, 3, 3, 2])], attrs: { ...windows2d, lengths: [8, 5] } },
    { inputs: [f32([3, 4])], attrs: { axes: [0], size: [4], stride: [3], dilation: [2], lengths: [14] } },
  ],
  gather: [{ inputs: [f32([4, 2]), i32([3], -1, 6)] }, { inputs: [f32([3]), i32([2, 2], 0, 3)] }],
  contract: [
    { inputs: [f32([3, 4]), f32([4, 2])], attrs: { batch: 0, m: 1, k: 1 } },
    { inputs: [f32([2, 3, 2, 2]), f32([2, 2, 2, 3, 2])], attrs: { batch: 1, m: 1, k: 2 } },
    { inputs: [f32([3]), f32([3])], attrs: { batch: 0, m: 0, k: 1 } },
  ],
  convolution: [
    {
      inputs: [f32([2, 2, 7]), f32([2, 1, 3])],
      attrs: { stride: [2], padding: [[1, 2]], dilation: [2], inputDilation: [1], groups: 2 },
    },
    {
      inputs: [f32([1, 2, 2, 3, 2]), f32([1, 2, 2, 1, 2])],
      attrs: {
        stride: [1, 2, 1],
        padding: [
          [1, 0],
          [0, 1],
          [1, 1],
        ],
        dilation: [1, 1, 2],
        inputDilation: [2, 1, 1],
        groups: 1,
      },
    },
    {
      inputs: [f32([2, 4, 5, 4]), f32([6, 2, 3, 2])],
      attrs: {
        stride: [2, 1],
        padding: [
          [1, 2],
          [0, 1],
        ],
        dilation: [1, 2],
        inputDilation: [1, 1],
        groups: 2,
      },
    },
    {
      inputs: [f32([1, 2, 3, 4]), f32([2, 2, 2, 2])],
      attrs: {
        stride: [1, 2],
        padding: [
          [1, 1],
          [-1, 2],
        ],
        dilation: [1, 1],
        inputDilation: [2, 3],
        groups: 1,
      },
    },
  ],
};

/** The operand's values, the same in every run; `lead` adds axes in front. */
export function draw({ shape, dtype, lo, hi }: Operand, stream: number, lead: Shape = []): Float64Array {
  const u = uniform(11, stream, sizeOf([...lead, ...shape]));
  return Float64Array.from(u, (v) => (dtype === "f32" ? lo + v * (hi - lo) : Math.floor(lo + v * (hi - lo))));
}
