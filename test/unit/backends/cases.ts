import fc from "fast-check";
import { expect } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { interpret } from "../../../engine/backends/interpret.ts";
import type {
  BinaryOp,
  ContractLaunch,
  Instr,
  Launch,
  MapLaunch,
  Plan,
  ReduceLaunch,
  UnaryOp,
  View,
} from "../../../engine/backends/launch.ts";
import { normal, uniform, words } from "../../../engine/random/index.ts";
import { type DType, rowMajor, sizeOf, type TypedArray, viewAs } from "../../../engine/tensor/index.ts";

/**
 * Launches that every backend must run as the interpreter does. `data` gives each buffer of the plan its first words and
 * its dtype; after one step all buffers are compared: floats within the tolerance, everything else exactly.
 */
export interface Case {
  readonly name: string;
  readonly launches: readonly Launch[];
  readonly data: readonly TypedArray[];
  readonly scalars?: Uint32Array;
  readonly rtol?: number;
  readonly atol?: number;
  /** Compare with the interpreter rounding every instruction, where an argmax turns on the last bit. */
  readonly rounded?: boolean;
}

/** The case as a plan whose buffers all have names, so that all can be read. */
export function planOf({ name, launches, data, scalars }: Case): Plan {
  return {
    label: name,
    buffers: data.map((d, i) => ({ words: d.length, name: `b${i}` })),
    launches,
    scalarWords: scalars?.length ?? 1,
    rowWords: 0,
    rows: -1,
  };
}

/** Buffers after one step on `backend`. */
export async function runOn(backend: Backend, c: Case): Promise<Uint32Array[]> {
  const buffers = c.data.map((d, i) => backend.alloc(d.length, `b${i}`));
  buffers.forEach((b, i) => {
    backend.write(b, c.data[i] as TypedArray);
  });
  const program = await backend.compile(planOf(c), Object.fromEntries(buffers.map((b, i) => [`b${i}`, b])));
  await program.submit(c.scalars ?? new Uint32Array(1), 1);
  const after = await Promise.all(buffers.map((b) => backend.read(b)));
  program.dispose();
  for (const b of buffers) b.dispose();
  return after;
}

/** Runs the case on `backend` and as plain loops, and compares every buffer. */
export async function check(backend: Backend, c: Case): Promise<void> {
  await checked(backend, c);
}

/** Plain loops take longer than any backend: once for each case is enough. */
const interpreted = new WeakMap<Case, Uint32Array[]>();

function expectedOf(c: Case): Uint32Array[] {
  const known = interpreted.get(c);
  if (known) return known;
  const words = c.data.map((d) => new Uint32Array(viewAs("u32", d)));
  interpret(planOf(c), words, c.scalars ?? new Uint32Array(1), { exact: !c.rounded });
  interpreted.set(c, words);
  return words;
}

/** What the backend made of the buffers of a case, after `check`. */
export async function checked(backend: Backend, c: Case): Promise<Uint32Array[]> {
  const expected = expectedOf(c);
  const actual = await runOn(backend, c);
  c.data.forEach((d, i) => {
    const [got, want] = [actual[i] as Uint32Array, expected[i] as Uint32Array];
    if (d instanceof Float32Array) {
      const tolerance = { rtol: c.rtol ?? 1e-5, atol: c.atol ?? 1e-6 };
      expect(viewAs("f32", got), `${c.name}: buffer ${i}`).toBeAllclose(viewAs("f32", want), tolerance);
    } else expect([...got], `${c.name}: buffer ${i}`).toEqual([...want]);
  });
  return actual;
}

const full = (buffer: number, shape: readonly number[], dtype: DType = "f32", offset = 0): View => ({
  buffer,
  offset,
  strides: rowMajor(shape),
  dtype,
});
const view = (buffer: number, offset: number, strides: readonly number[], dtype: DType = "f32"): View => ({
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
const num = (value: number, dtype: DType = "f32"): Instr => ({ op: "const", value, dtype });
const unary = (fn: UnaryOp, a: number, dtype: DType = "f32"): Instr => ({ op: "unary", fn, a, dtype });
const binary = (fn: BinaryOp, a: number, b: number, dtype: DType = "f32"): Instr => ({ op: "binary", fn, a, b, dtype });
const select = (cond: number, a: number, b: number, dtype: DType = "f32"): Instr => ({
  op: "select",
  cond,
  a,
  b,
  dtype,
});
const cast = (a: number, dtype: DType): Instr => ({ op: "cast", a, dtype });
const index = (offset: number, strides: readonly number[]): Instr => ({ op: "index", offset, strides, dtype: "i32" });

const map = (
  shape: readonly number[],
  views: readonly View[],
  code: readonly Instr[],
  ...stores: MapLaunch["stores"]
): MapLaunch => ({
  kind: "map",
  label: "map",
  shape,
  views,
  code,
  stores,
});
const floats = (n: number, stream = 0) => normal(7, stream, n);
const ints = (n: number, below: number, stream = 0) => Int32Array.from(words(7, stream, 0, n), (w) => w % below);

/** One float in, one float out, over an awkward length. */
const pointwise = (
  name: string,
  inputs: readonly Float32Array[],
  code: readonly Instr[],
  tolerance: Partial<Case> = {},
): Case => {
  const n = inputs[0]?.length ?? 0;
  return {
    name,
    data: [...inputs, new Float32Array(n)],
    launches: [
      map(
        [n],
        inputs.map((_, i) => full(i, [n])),
        [...inputs.map((_, i) => load(i)), ...code],
        {
          view: full(inputs.length, [n]),
          value: inputs.length + code.length - 1,
        },
      ),
    ],
    ...tolerance,
  };
};

const special = Float32Array.of(0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 1e-40, -1e-40, 3.4e38, 0.5, -2.5, 7);
const wide = Float32Array.from(uniform(3, 1, 1003), (u) => (u - 0.5) * 40);
const positive = Float32Array.from(uniform(3, 2, 1003), (u) => u * 50 + 1e-6);
const twice = (a: Float32Array) => [a, Float32Array.from(a, (_, i) => a[(i * 5 + 3) % a.length] as number)] as const;

const unaries: Case[] = (["neg", "abs", "sign", "floor", "exp", "sin", "cos", "tanh", "sigmoid", "erf"] as const).map(
  (fn) => pointwise(fn, [wide], [unary(fn, 0)], { rtol: 1e-6, atol: 2e-7 }),
);
const specials: Case[] = (["neg", "abs", "sign", "floor", "exp", "log", "sqrt", "tanh", "sigmoid"] as const).map((fn) =>
  pointwise(`${fn} of special numbers`, [special], [unary(fn, 0)], { rtol: 1e-6, atol: 1e-37 }),
);
const binaries: Case[] = (["add", "sub", "mul", "div", "max", "min"] as const).flatMap((fn) => [
  pointwise(fn, twice(wide), [binary(fn, 0, 1)]),
  pointwise(`${fn} of special numbers`, twice(special), [binary(fn, 0, 1)]),
]);
const comparisons: Case[] = (["equal", "less", "lessEqual"] as const).map((fn) =>
  pointwise(`${fn}, then select`, twice(special), [binary(fn, 0, 1, "bool"), select(2, 0, 1)]),
);

const integers: Case[] = (["i32", "u32"] as const).flatMap((dtype) => {
  const signed = dtype === "i32";
  const a = Int32Array.from(ints(101, 2000, 1), (x) => (signed ? x - 1000 : x));
  const b = Int32Array.from(ints(101, 30, 2), (x) => (x + 1) * (signed && x % 2 ? -1 : 1));
  const as = (x: Int32Array) => (signed ? x : new Uint32Array(x));
  return (["add", "sub", "mul", "div", "mod", "max", "min"] as const).map((fn) => ({
    name: `${fn} of ${dtype}`,
    data: [as(a), as(b), as(new Int32Array(101))],
    launches: [
      map(
        [101],
        [full(0, [101], dtype), full(1, [101], dtype)],
        [load(0, dtype), load(1, dtype), binary(fn, 0, 1, dtype)],
        {
          view: full(2, [101], dtype),
          value: 2,
        },
      ),
    ],
  }));
});

const casts: Case = {
  name: "casts between all dtypes",
  data: [
    Float32Array.of(0, -0, 1.7, -1.7, 3e9, -3e9, 5e9, Number.NaN, 0.3),
    new Int32Array(9),
    new Uint32Array(9),
    new Uint32Array(9),
    new Float32Array(9),
    new Float32Array(9),
  ],
  launches: [
    map(
      [9],
      [full(0, [9])],
      [
        load(0),
        cast(0, "i32"),
        cast(0, "u32"),
        cast(0, "bool"),
        cast(1, "f32"),
        cast(2, "f32"),
        cast(3, "f32"),
        binary("add", 5, 6),
      ],
      { view: full(1, [9], "i32"), value: 1 },
      { view: full(2, [9], "u32"), value: 2 },
      { view: full(3, [9], "bool"), value: 3 },
      { view: full(4, [9]), value: 4 },
      { view: full(5, [9]), value: 7 },
    ),
  ],
};

const movement: Case[] = [
  {
    name: "transpose of [33, 50]",
    data: [floats(1650), new Float32Array(1650)],
    launches: [map([50, 33], [view(0, 0, [1, 50])], [load(0)], { view: full(1, [50, 33]), value: 0 })],
  },
  {
    name: "broadcast of a row, a column and a scalar",
    data: [floats(19), floats(7, 1), floats(1, 2), new Float32Array(133)],
    launches: [
      map(
        [7, 19],
        [view(0, 0, [0, 1]), view(1, 0, [1, 0]), view(2, 0, [0, 0])],
        [load(0), load(1), load(2), binary("mul", 0, 1), binary("add", 3, 2)],
        {
          view: full(3, [7, 19]),
          value: 4,
        },
      ),
    ],
  },
  {
    name: "flip of the last axis, and of the first",
    data: [floats(60), new Float32Array(60), new Float32Array(60)],
    launches: [
      map([5, 12], [view(0, 11, [12, -1])], [load(0)], { view: full(1, [5, 12]), value: 0 }),
      map([5, 12], [view(0, 48, [-12, 1])], [load(0)], { view: full(2, [5, 12]), value: 0 }),
    ],
  },
  {
    name: "every second and every third word",
    data: [floats(300), new Float32Array(100), new Float32Array(100)],
    launches: [
      map([100], [view(0, 1, [2])], [load(0)], { view: full(1, [100]), value: 0 }),
      map([100], [view(0, 2, [3])], [load(0)], { view: full(2, [100]), value: 0 }),
    ],
  },
  {
    name: "a scalar copied",
    data: [floats(3), new Float32Array(3)],
    launches: [map([], [view(0, 2, [])], [load(0)], { view: view(1, 1, []), value: 0 })],
  },
  {
    name: "a strided store",
    data: [floats(21), new Float32Array(63)],
    launches: [map([21], [full(0, [21])], [load(0)], { view: view(1, 1, [3]), value: 0 })],
  },
  {
    name: "nothing: an axis of length 0",
    data: [floats(4)],
    launches: [map([0, 4], [view(0, 0, [4, 1])], [load(0)], { view: view(0, 0, [4, 1]), value: 0 })],
  },
  {
    name: "zero padding: a masked load outside of which nothing is read",
    data: [floats(2 * 5 * 6), new Float32Array(2 * 7 * 8)],
    launches: [
      map(
        [2, 7, 8],
        [view(0, -7, [30, 6, 1])],
        [
          index(-1, [0, 1, 0]),
          index(-1, [0, 0, 1]),
          num(0, "i32"),
          num(5, "i32"),
          num(6, "i32"),
          binary("lessEqual", 2, 0, "bool"),
          binary("less", 0, 3, "bool"),
          binary("lessEqual", 2, 1, "bool"),
          binary("less", 1, 4, "bool"),
          binary("and", 5, 6, "bool"),
          binary("and", 7, 8, "bool"),
          binary("and", 9, 10, "bool"),
          load(0, "f32", { mask: 11, fill: -0.25 }),
        ],
        { view: full(1, [2, 7, 8]), value: 12 },
      ),
    ],
  },
  {
    name: "a masked load along other strides",
    data: [floats(64), new Float32Array(40)],
    launches: [
      map(
        [40],
        [view(0, -9, [3])],
        [
          index(-9, [3]),
          num(0, "i32"),
          num(64, "i32"),
          binary("lessEqual", 1, 0, "bool"),
          binary("less", 0, 2, "bool"),
          binary("and", 3, 4, "bool"),
          load(0, "f32", { mask: 5, fill: 9 }),
        ],
        {
          view: full(1, [40]),
          value: 6,
        },
      ),
    ],
  },
];

const gathers: Case[] = [
  {
    name: "rows gathered by an index, bad ones clamped",
    data: [floats(10 * 13), Int32Array.of(3, 0, 9, -4, 77, 5), new Float32Array(6 * 13)],
    launches: [
      map(
        [6, 13],
        [view(0, 0, [0, 1]), view(1, 0, [1, 0], "i32")],
        [load(1, "i32"), load(0, "f32", { index: 0, indexStride: 13, indexSize: 10 })],
        {
          view: full(2, [6, 13]),
          value: 1,
        },
      ),
    ],
  },
  {
    name: "one word of each row picked by an index",
    data: [floats(37 * 5), ints(37, 5), new Float32Array(37)],
    launches: [
      map(
        [37],
        [view(0, 0, [5]), full(1, [37], "i32")],
        [load(1, "i32"), load(0, "f32", { index: 0, indexStride: 1, indexSize: 5 })],
        {
          view: full(2, [37]),
          value: 1,
        },
      ),
    ],
  },
  {
    name: "a masked gather",
    data: [floats(50), ints(37, 80), new Float32Array(37)],
    launches: [
      map(
        [37],
        [view(0, 0, [0]), full(1, [37], "i32")],
        [
          load(1, "i32"),
          num(50, "i32"),
          binary("less", 0, 1, "bool"),
          load(0, "f32", { index: 0, indexSize: 50, mask: 2, fill: 1 }),
        ],
        {
          view: full(2, [37]),
          value: 3,
        },
      ),
    ],
  },
  {
    name: "a scatter through an index",
    data: [floats(30), Int32Array.from({ length: 30 }, (_, i) => (i * 7) % 30), new Float32Array(60)],
    launches: [
      map([30], [full(0, [30]), full(1, [30], "i32")], [load(0), load(1, "i32")], {
        view: view(2, 1, [0]),
        value: 0,
        index: 1,
        indexStride: 2,
      }),
    ],
  },
  {
    name: "scalars: a slot picks the row that is written, another scales",
    data: [floats(8), new Float32Array(40)],
    scalars: new Uint32Array(Uint32Array.of(0, 3, new Uint32Array(Float32Array.of(2.5).buffer)[0] as number)),
    launches: [
      map(
        [8],
        [full(0, [8])],
        [
          load(0),
          { op: "scalar", slot: 1, dtype: "i32" },
          { op: "scalar", slot: 2, dtype: "f32" },
          binary("mul", 0, 2),
        ],
        {
          view: view(1, 0, [1]),
          value: 3,
          index: 1,
          indexStride: 8,
        },
      ),
    ],
  },
];

const inPlace: Case = {
  name: "a fused update in place, with several stores",
  data: [floats(1001), floats(1001, 1), floats(1001, 2), Float32Array.from(floats(1001, 3), Math.abs)],
  launches: [
    map(
      [1001],
      [0, 1, 2, 3].map((b) => full(b, [1001])),
      [
        load(0),
        load(1),
        load(2),
        load(3),
        num(0.9),
        num(0.1),
        num(0.999),
        num(0.001),
        binary("mul", 2, 4),
        binary("mul", 1, 5),
        binary("add", 8, 9),
        binary("mul", 3, 6),
        binary("mul", 1, 1),
        binary("mul", 12, 7),
        binary("add", 11, 13),
        unary("sqrt", 14),
        num(1e-8),
        binary("add", 15, 16),
        binary("div", 10, 17),
        binary("mul", 18, 7),
        binary("sub", 0, 19),
      ],
      { view: full(0, [1001]), value: 20 },
      { view: full(2, [1001]), value: 10 },
      { view: full(3, [1001]), value: 14 },
    ),
  ],
};

/** Words of rows of `length`, `gap` words of the stream left out after each row. */
const random = (name: string, rows: number, length: number, offset: number, gap: number): Case => ({
  name,
  data: [new Uint32Array(rows * length), new Float32Array(rows * length)],
  scalars: Uint32Array.of(0, 0xfedcba98, 56),
  launches: [
    map(
      [rows, length],
      [],
      [
        { op: "scalar", slot: 1, dtype: "u32" },
        { op: "scalar", slot: 2, dtype: "u32" },
        index(offset, [length + gap, 1]),
        cast(2, "u32"),
        { op: "philox", seed: 0, step: 1, stream: 9, index: 3, dtype: "u32" },
        num(256, "u32"),
        binary("div", 4, 5, "u32"),
        cast(6, "f32"),
        num(2 ** -24),
        binary("mul", 7, 8),
      ],
      { view: full(0, [rows, length], "u32"), value: 4 },
      { view: full(1, [rows, length]), value: 9 },
    ),
  ],
});

const randoms: Case[] = [
  random("philox words in order, and uniform numbers from them", 1, 103, 0, 0),
  random("philox words from the middle of a block", 1, 103, 5, 0),
  random("philox words in rows of whole blocks", 3, 52, 8, 4),
  random("philox words in rows that break blocks", 3, 50, 0, 1),
  random("philox words whose indices begin below 0, as in a padded copy", 1, 103, -36, 0),
];

interface Fold {
  readonly name: string;
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  /** Strides over [...outer, ...inner]; row-major when absent. */
  readonly strides?: readonly number[];
  readonly words?: number;
  readonly offset?: number;
  readonly input?: Float32Array;
}

/** Sum, max and argmax of one view at once. */
function folds({ name, outer, inner, strides, words: n, offset = 0, input }: Fold): Case {
  const data = input ?? floats(n ?? sizeOf([...outer, ...inner]));
  const results = sizeOf(outer);
  return {
    name,
    data: [data, new Float32Array(results), new Float32Array(results), new Int32Array(results)],
    rtol: 1e-5,
    atol: 1e-5 * Math.max(1, Math.sqrt(sizeOf(inner))),
    launches: [
      {
        kind: "reduce",
        label: name,
        outer,
        inner,
        phases: [
          {
            views: [view(0, offset, strides ?? rowMajor([...outer, ...inner]))],
            code: [load(0)],
            accumulators: [
              { fn: "sum", value: 0, dtype: "f32" },
              { fn: "max", value: 0, dtype: "f32" },
              { fn: "argmax", value: 0, dtype: "i32" },
            ],
            stores: [],
          },
        ],
        epilogueViews: [],
        epilogue: [
          { op: "acc", acc: 0, dtype: "f32" },
          { op: "acc", acc: 1, dtype: "f32" },
          { op: "acc", acc: 2, dtype: "i32" },
        ],
        stores: [
          { view: full(1, outer), value: 0 },
          { view: full(2, outer), value: 1 },
          { view: full(3, outer, "i32"), value: 2 },
        ],
      },
    ],
  };
}

const ties = Float32Array.from({ length: 60 }, (_, i) => [1, 3, 3, 2, -1, 3][i % 6] as number);
const nans = Float32Array.from({ length: 64 }, (_, i) => (i % 16 === 7 || i % 16 === 11 ? Number.NaN : i % 5));
const sumOnly = (c: Case): Case => {
  const reduce = c.launches[0] as ReduceLaunch;
  const only = {
    ...reduce,
    phases: reduce.phases.map((p) => ({ ...p, accumulators: p.accumulators.slice(0, 2) })),
    epilogue: reduce.epilogue.slice(0, 2),
    stores: reduce.stores.slice(0, 2),
  };
  return { ...c, name: `${c.name}, without argmax`, launches: [only] };
};

const reductions: Case[] = [
  folds({ name: "rows of [37, 10]", outer: [37], inner: [10] }),
  folds({ name: "rows of [5, 1003]", outer: [5], inner: [1003] }),
  folds({ name: "columns of [129, 37]", outer: [37], inner: [129], strides: [1, 37] }),
  folds({ name: "columns of [3, 7]", outer: [7], inner: [3], strides: [1, 7] }),
  folds({ name: "everything", outer: [], inner: [7, 11] }),
  folds({ name: "channels of [6, 5, 7, 9]", outer: [5], inner: [6, 7, 9], strides: [63, 315, 9, 1] }),
  folds({ name: "2 x 2 windows", outer: [2, 3, 4, 5], inner: [2, 2], strides: [240, 80, 20, 2, 10, 1] }),
  folds({
    name: "overlapping 3 x 3 windows",
    outer: [2, 6, 8],
    inner: [3, 3],
    strides: [80, 10, 1, 10, 1],
    words: 160,
  }),
  folds({ name: "nothing to fold along", outer: [9], inner: [] }),
  folds({ name: "no elements to fold", outer: [5], inner: [0], strides: [1, 1], words: 5 }),
  folds({ name: "equal maxima: the first wins", outer: [10], inner: [6], input: ties }),
  folds({ name: "equal maxima down columns", outer: [6], inner: [10], strides: [1, 6], input: ties }),
  folds({ name: "NaN wins, the first of them", outer: [4], inner: [16], input: nans }),
  folds({ name: "NaN wins down columns", outer: [16], inner: [4], strides: [1, 16], input: nans }),
  folds({ name: "only -Infinity", outer: [3], inner: [8], input: new Float32Array(24).fill(-Infinity) }),
  sumOnly(folds({ name: "a long sum", outer: [], inner: [235_146] })),
  sumOnly(
    folds({
      name: "long channel sums",
      outer: [16],
      inner: [32, 784],
      strides: [784, 12_544, 1],
      words: 16 * 32 * 784,
    }),
  ),
  sumOnly(folds({ name: "long column sums", outer: [10], inner: [20_001], strides: [1, 10], words: 200_010 })),
  {
    name: "softmax-like: prologue, epilogue with views, mask and index",
    data: [floats(40 * 10), ints(40, 10), new Float32Array(40), floats(40, 4)],
    launches: [
      {
        kind: "reduce",
        label: "loss",
        outer: [40],
        inner: [10],
        phases: [
          {
            views: [full(0, [40, 10]), view(1, 0, [1, 0], "i32"), view(0, 0, [10, 0])],
            code: [
              load(0),
              unary("exp", 0),
              load(1, "i32"),
              index(0, [0, 1]),
              binary("equal", 2, 3, "bool"),
              num(0),
              select(4, 0, 5),
              load(2, "f32", { index: 3, indexStride: 1, indexSize: 10, mask: 4, fill: 0 }),
              binary("add", 6, 7),
            ],
            accumulators: [
              { fn: "sum", value: 1, dtype: "f32" },
              { fn: "sum", value: 8, dtype: "f32" },
              { fn: "sum", value: 4, dtype: "i32" },
            ],
            stores: [],
          },
        ],
        epilogueViews: [full(3, [40])],
        epilogue: [
          { op: "acc", acc: 0, dtype: "f32" },
          unary("log", 0),
          { op: "acc", acc: 1, dtype: "f32" },
          binary("sub", 1, 2),
          load(0),
          binary("add", 3, 4),
          { op: "acc", acc: 2, dtype: "i32" },
          cast(6, "f32"),
          binary("mul", 5, 7),
          index(1, [2]),
          cast(9, "f32"),
          binary("add", 8, 10),
        ],
        stores: [{ view: full(2, [40]), value: 11 }],
      },
    ],
  },
  {
    name: "integer sum, max and argmax",
    data: [
      Int32Array.from(ints(12 * 20, 100), (x) => x - 70),
      new Int32Array(12),
      new Int32Array(12),
      new Int32Array(12),
    ],
    launches: [
      {
        kind: "reduce",
        label: "integers",
        outer: [12],
        inner: [20],
        phases: [
          {
            views: [full(0, [12, 20], "i32")],
            code: [load(0, "i32")],
            accumulators: [
              { fn: "sum", value: 0, dtype: "i32" },
              { fn: "max", value: 0, dtype: "i32" },
              { fn: "argmax", value: 0, dtype: "i32" },
            ],
            stores: [],
          },
        ],
        epilogueViews: [],
        epilogue: [0, 1, 2].map((acc) => ({ op: "acc", acc, dtype: "i32" })),
        stores: [1, 2, 3].map((b, value) => ({ view: full(b, [12], "i32"), value })),
      },
    ],
  },
];

/**
 * Softmax, and its values less their mean, in phases over rows of `data[0]`: a maximum, exponentials that are stored and
 * summed, quotients that are loaded and stored over them; at the end what was folded.
 */
function phases(name: string, outer: readonly number[], inner: readonly number[], strides?: readonly number[]): Case {
  const [rows, columns] = [sizeOf(outer), sizeOf(inner)];
  const space = strides ?? rowMajor([...outer, ...inner]);
  const x = view(0, 0, space);
  const y = view(1, 0, space);
  const scale = view(2, 0, [...outer.map(() => 0), ...rowMajor(inner)]);
  const acc = (i: number, dtype: DType = "f32"): Instr => ({ op: "acc", acc: i, dtype });
  return {
    name: `phases over ${name}`,
    data: [
      floats(rows * columns),
      new Float32Array(rows * columns),
      floats(columns, 1),
      new Float32Array(rows),
      new Int32Array(rows),
      floats(rows, 2),
    ],
    atol: 1e-6 * Math.max(10, columns),
    launches: [
      {
        kind: "reduce",
        label: "phases",
        outer,
        inner,
        phases: [
          {
            views: [x],
            code: [load(0)],
            accumulators: [
              { fn: "max", value: 0, dtype: "f32" },
              { fn: "argmax", value: 0, dtype: "i32" },
            ],
            stores: [],
          },
          {
            views: [x],
            code: [load(0), acc(0), binary("sub", 0, 1), unary("exp", 2)],
            accumulators: [{ fn: "sum", value: 3, dtype: "f32" }],
            stores: [{ view: y, value: 3 }],
          },
          {
            views: [y, scale],
            code: [load(0), acc(2), binary("div", 0, 1), load(1), binary("mul", 2, 3), index(1, [...space])],
            accumulators: [{ fn: "sum", value: 4, dtype: "f32" }],
            stores: [{ view: y, value: 2 }],
          },
          {
            views: [y, view(5, 0, [...rowMajor(outer), ...inner.map(() => 0)])],
            code: [load(0), load(1), acc(1, "i32"), cast(2, "f32"), binary("mul", 1, 3), binary("add", 0, 4)],
            accumulators: [],
            stores: [{ view: y, value: 5 }],
          },
        ],
        epilogueViews: [full(5, outer)],
        epilogue: [acc(3), load(0), binary("add", 0, 1), acc(1, "i32")],
        stores: [
          { view: full(3, outer), value: 2 },
          { view: full(4, outer, "i32"), value: 3 },
        ],
      },
    ],
  };
}

const inPhases: readonly Case[] = [
  phases("rows of [37, 10]", [37], [10]),
  phases("rows of [5, 1003]", [5], [1003]),
  phases("rows of [6, 4, 64]", [6, 4], [64]),
  phases("columns of [129, 37]", [37], [129], [1, 37]),
  phases("columns of [3, 40]", [40], [3], [1, 40]),
  phases("channels of [6, 5, 7, 9]", [5], [6, 7, 9], [63, 315, 9, 1]),
  phases("channels of [90, 16, 11, 11]", [16], [90, 11, 11], [121, 1936, 11, 1]),
  phases("everything", [], [7, 11]),
  phases("two long rows", [2], [50_000]),
  phases("many long rows", [16], [16_384]),
  phases("long columns", [20], [9000], [1, 20]),
  phases("no row", [0], [4]),
];

interface Product {
  readonly name: string;
  readonly batch?: readonly number[];
  readonly m: readonly number[];
  readonly n: readonly number[];
  readonly k: readonly number[];
  readonly a?: readonly number[];
  readonly b?: readonly number[];
  readonly out?: readonly number[];
  readonly aOffset?: number;
  readonly sizes?: readonly [number, number, number];
}

function product({ name, batch = [], m, n, k, a, b, out, aOffset = 0, sizes }: Product): Case {
  const shapes = [
    [...batch, ...m, ...k],
    [...batch, ...k, ...n],
    [...batch, ...m, ...n],
  ] as const;
  const [sizeA, sizeB, sizeOut] = sizes ?? shapes.map(sizeOf);
  const launch: ContractLaunch = {
    kind: "contract",
    label: name,
    batch,
    m,
    n,
    k,
    a: view(0, aOffset, a ?? rowMajor(shapes[0])),
    b: view(1, 0, b ?? rowMajor(shapes[1])),
    out: view(2, 0, out ?? rowMajor(shapes[2])),
  };
  return {
    name,
    data: [
      floats(sizeA as number, 1),
      floats(sizeB as number, 2),
      new Float32Array(sizeOut as number).fill(Number.NaN),
    ],
    launches: [launch],
    rtol: 1e-4,
    atol: 2e-5 * Math.sqrt(sizeOf(k) + 1),
  };
}

const products: Case[] = [
  product({ name: "[13, 300] @ [300, 21]", m: [13], n: [21], k: [300] }),
  product({ name: "[128, 784] @ [784, 256]", m: [128], n: [256], k: [784] }),
  product({ name: "left side transposed", m: [70], n: [40], k: [33], a: [1, 70] }),
  product({ name: "right side transposed", m: [31], n: [50], k: [65], b: [1, 65] }),
  product({ name: "both transposed", m: [31], n: [18], k: [65], a: [1, 31], b: [1, 65] }),
  product({ name: "result transposed", m: [45], n: [29], k: [17], out: [1, 45] }),
  product({ name: "a vector times a matrix", m: [1], n: [100], k: [64] }),
  product({ name: "a vector times a transposed matrix", m: [1], n: [100], k: [64], b: [1, 64] }),
  product({ name: "a matrix times a vector", m: [100], n: [1], k: [64] }),
  product({ name: "a dot product", m: [], n: [], k: [1000] }),
  product({ name: "a long dot product", m: [], n: [], k: [30_001] }),
  product({ name: "an outer product", m: [33], n: [47], k: [] }),
  product({ name: "K of no elements", m: [5], n: [6], k: [0], a: [1, 1], b: [1, 1], sizes: [5, 6, 30] }),
  product({ name: "M of no elements", m: [0], n: [6], k: [3], sizes: [3, 18, 1] }),
  product({ name: "batched", batch: [3, 4], m: [20], n: [15], k: [11] }),
  product({ name: "batched, one side shared", batch: [6], m: [20], n: [15], k: [11], b: [0, 15, 1] }),
  product({ name: "large enough for several blocks", m: [200], n: [600], k: [530] }),
  product({
    name: "convolution forward: [3, 5, 10, 12] by [7, 5, 3, 3]",
    m: [7],
    n: [3, 8, 10],
    k: [5, 3, 3],
    a: [45, 9, 3, 1],
    b: [120, 12, 1, 600, 12, 1],
    out: [80, 560, 10, 1],
    sizes: [315, 1800, 1680],
  }),
  product({
    name: "convolution with stride 2, padded to 29 wide",
    m: [16],
    n: [14, 14],
    k: [3, 3, 3],
    a: [27, 9, 3, 1],
    b: [841, 29, 1, 58, 2],
    sizes: [432, 2523, 3136],
  }),
  product({
    name: "convolution, gradient of the weight",
    m: [16],
    n: [1, 3, 3],
    k: [20, 28, 28],
    a: [784, 12_544, 28, 1],
    b: [900, 30, 1, 900, 30, 1],
    out: [9, 9, 3, 1],
    sizes: [250_880, 18_000, 144],
  }),
  product({
    name: "convolution, gradient of the input: flipped weights",
    m: [5],
    n: [8, 10],
    k: [7, 3, 3],
    a: [9, 45, -3, -1],
    aOffset: 8,
    b: [120, 12, 1, 12, 1],
    sizes: [315, 840, 400],
  }),
];

const chain: Case = {
  name: "launches that wait for each other: product, bias and ReLU, column sums",
  data: [
    floats(64 * 96, 1),
    floats(96 * 80, 2),
    floats(80, 3),
    new Float32Array(64 * 80),
    new Float32Array(64 * 80),
    new Float32Array(80),
  ],
  rtol: 1e-4,
  atol: 1e-3,
  launches: [
    {
      kind: "contract",
      label: "product",
      batch: [],
      m: [64],
      n: [80],
      k: [96],
      a: full(0, [64, 96]),
      b: full(1, [96, 80]),
      out: full(3, [64, 80]),
    },
    map(
      [64, 80],
      [full(3, [64, 80]), view(2, 0, [0, 1])],
      [load(0), load(1), binary("add", 0, 1), num(0), binary("max", 2, 3)],
      {
        view: full(4, [64, 80]),
        value: 4,
      },
    ),
    {
      kind: "reduce",
      label: "sums",
      outer: [80],
      inner: [64],
      phases: [
        {
          views: [view(4, 0, [1, 80])],
          code: [load(0)],
          accumulators: [{ fn: "sum", value: 0, dtype: "f32" }],
          stores: [],
        },
      ],
      epilogueViews: [],
      epilogue: [{ op: "acc", acc: 0, dtype: "f32" }],
      stores: [{ view: full(5, [80]), value: 0 }],
    },
  ],
};

/** Launches that differ only in a constant, of the kinds that text can confuse, and in where their buffers lie. */
const alike: Case = {
  name: "launches that differ in a constant share no code, those that differ in place may",
  data: [floats(40), ...[0, 1, 2, 3, 4].map(() => new Float32Array(40))],
  launches: [0, -0, Number.NaN, Infinity, -Infinity].map((value, i) =>
    map([40], [full(0, [40])], [load(0), num(value), binary("div", 0, 1)], { view: full(i + 1, [40]), value: 2 }),
  ),
};

export const cases: readonly Case[] = [
  alike,
  ...unaries,
  pointwise("log", [positive], [unary("log", 0)], { rtol: 1e-6, atol: 2e-7 }),
  pointwise("sqrt", [positive], [unary("sqrt", 0)]),
  pointwise("pow", [positive, wide.map((x) => x / 10)], [binary("pow", 0, 1)], { rtol: 1e-6 }),
  pointwise(
    "pow by 2, 3, -1 and 1",
    [wide],
    [
      num(2),
      binary("pow", 0, 1),
      num(3),
      binary("pow", 0, 3),
      num(-1),
      binary("pow", 0, 5),
      binary("add", 2, 4),
      binary("add", 7, 6),
    ],
  ),
  pointwise("isFinite and not", [special], [unary("isFinite", 0, "bool"), unary("not", 1, "bool"), cast(2, "f32")]),
  ...specials,
  ...binaries,
  ...comparisons,
  ...integers,
  casts,
  ...movement,
  ...gathers,
  inPlace,
  ...randoms,
  ...reductions,
  ...inPhases,
  ...products,
  chain,
];

/** Random element-wise code over random views, as a map, or folded along some of its axes. */
export const randomCase: fc.Arbitrary<Case> = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 11 }), { maxLength: 4 }),
    inner: fc.nat({ max: 4 }),
    fold: fc.boolean(),
    strides: fc.array(
      fc.array(fc.constantFrom<number[]>(-2, -1, 0, 1, 1, 1, 2, 3, 7), { minLength: 4, maxLength: 4 }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    rowMajorToo: fc.boolean(),
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    steps: fc.array(fc.tuple(fc.constantFrom(...(["add", "sub", "mul", "max", "min"] as const)), fc.nat(), fc.nat()), {
      maxLength: 5,
    }),
    fn: fc.constantFrom(...(["sum", "max", "argmax"] as const)),
  })
  .map(({ shape, inner, fold, strides, rowMajorToo, order, steps, fn }): Case => {
    const rank = shape.length;
    const folded = fold ? Math.min(inner, rank) : 0;
    const outer = shape.slice(0, rank - folded);
    const lists = strides.map((s) => s.slice(0, rank));
    if (rowMajorToo) lists.push(rowMajor(shape));
    const views = lists.map((list, i): View => {
      const low = list.reduce((sum, s, axis) => sum + Math.min(0, s * ((shape[axis] as number) - 1)), 0);
      return view(i, -low, list);
    });
    const data = views.map(({ offset, strides: list }, i) => {
      const high = list.reduce((sum, s, axis) => sum + Math.max(0, s * ((shape[axis] as number) - 1)), 0);
      return floats(offset + high + 1, i);
    });
    const code: Instr[] = [...views.map((_, i) => load(i)), cast(views.length + 1, "f32")];
    code.splice(views.length, 1, index(3, lists[0] as number[]), cast(views.length, "f32"), num(0.125));
    code.push(binary("mul", views.length + 1, views.length + 2));
    for (const [op, a, b] of steps) code.push(binary(op, a % code.length, b % code.length));
    for (let i = 0; i < code.length; i++) {
      const instr = code[i] as Instr;
      // the raw index is an integer: floats are made of its cast
      const float = (ref: number) => (ref === views.length ? views.length + 1 : ref);
      if (instr.op === "binary") code[i] = { ...instr, a: float(instr.a), b: float(instr.b) };
    }
    const value = code.length - 1;
    const kept = order.filter((axis) => axis < outer.length);
    const outStrides = outer.map(() => 0);
    let step = 1;
    for (const axis of kept.toReversed()) {
      outStrides[axis] = step;
      step *= outer[axis] as number;
    }
    const out = {
      ...view(views.length, 0, outStrides),
      dtype: fold && fn === "argmax" ? ("i32" as const) : ("f32" as const),
    };
    const result = out.dtype === "i32" ? new Int32Array(step) : new Float32Array(step);
    const launch: Launch = fold
      ? {
          kind: "reduce",
          label: "random",
          outer,
          inner: shape.slice(rank - folded),
          phases: [{ views, code, accumulators: [{ fn, value, dtype: out.dtype }], stores: [] }],
          epilogueViews: [],
          epilogue: [{ op: "acc", acc: 0, dtype: out.dtype }],
          stores: [{ view: out, value: 0 }],
        }
      : map(shape, views, code, { view: out, value });
    return { name: "random", data: [...data, result], launches: [launch], rtol: 1e-4, atol: 1e-3, rounded: true };
  });

/** Random strides of `shape`: dense in some order of the axes, or with gaps, some axes overlapping or broadcast. */
const randomStrides = (
  shape: readonly number[],
  order: readonly number[],
  style: readonly number[],
  dense: boolean,
) => {
  const strides = shape.map(() => 0);
  let step = 1;
  for (const axis of order.filter((i) => i < shape.length)) {
    strides[axis] = step;
    const reach = step * (shape[axis] as number);
    step = dense ? reach : Math.max(1, reach + (style[axis] as number));
    if (!dense && style[axis] === 3) strides[axis] = 0;
    if (!dense && style[axis] === 4) step = Math.max(1, Math.floor(reach / 2));
  }
  return strides;
};

/** Random products: groups of one or two axes with lengths around those of tiles, over views of any order and overlap. */
export const randomProduct: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
    m: fc.array(fc.constantFrom(1, 2, 3, 5, 6, 7, 11, 13, 16, 29, 40), { maxLength: 2 }),
    n: fc.array(fc.constantFrom(1, 2, 4, 7, 8, 9, 15, 16, 17, 31, 33, 48), { maxLength: 2 }),
    k: fc.array(fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 27), { maxLength: 2 }),
    orders: fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }), { minLength: 3, maxLength: 3 }),
    styles: fc.array(fc.array(fc.nat({ max: 4 }), { minLength: 6, maxLength: 6 }), { minLength: 2, maxLength: 2 }),
  })
  .map(({ batch, m, n, k, orders, styles }) => {
    const shapes = [
      [...batch, ...m, ...k],
      [...batch, ...k, ...n],
      [...batch, ...m, ...n],
    ];
    const strides = shapes.map((shape, i) => randomStrides(shape, orders[i] as number[], styles[i] ?? [], i === 2));
    const sizes = shapes.map((shape, i) =>
      shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[i]?.[axis] as number), 1),
    );
    return product({
      name: `[${batch}] [${m}] x [${n}] over [${k}]`,
      batch,
      m,
      n,
      k,
      a: strides[0] as number[],
      b: strides[1] as number[],
      out: strides[2] as number[],
      sizes: sizes as [number, number, number],
    });
  });
