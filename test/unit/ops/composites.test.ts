import { describe, expect, test } from "vitest";
import * as arranging from "../../../engine/ops/arranging.ts";
import * as elementary from "../../../engine/ops/elementary.ts";
import * as ops from "../../../engine/ops/index.ts";
import { batched, evaluate, gradients, input, mul, sum, type Tensor, type Values } from "../../../engine/ops/index.ts";
import * as indexing from "../../../engine/ops/indexing.ts";
import * as scan from "../../../engine/ops/scan.ts";
import * as sorting from "../../../engine/ops/sorting.ts";
import type { Shape } from "../../../engine/tensor/index.ts";

/** A function of one f32 tensor, and the same by plain loops over [rows, n]. */
interface Composite {
  f: (x: Tensor) => Tensor;
  /** Element by element. */
  each?: (v: number) => number;
  /** Row by row. */
  row?: (v: readonly number[]) => number | readonly number[];
  /** Numbers of the rows; those of all real numbers when not given. */
  x?: readonly (readonly number[])[];
  /** Gradient 0 almost everywhere, or none that central differences see. */
  flat?: boolean;
}

const ROWS = [
  [0.5, -1.25, 2, 0.75, -0.25],
  [-3, 1.5, 0.125, -0.875, 4],
];
const SMALL = [[1e-6, -0.5, 0.9, -1e-9, 0.25]];
const ABOVE = [[1.0625, 1.5, 2, 7, 40]];
const HALVES = [[0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 8388609, 0.49999997, -0.2, 7.7]];

const running = (v: readonly number[], f: (a: number, b: number) => number): number[] =>
  v.map((_, i) => v.slice(0, i + 1).reduce(f));
const total = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);
/** As places along rows of five: see `taken`. */
const positions = (): Tensor =>
  ops.concat([4, 0, -1, 2, 2, -5].map((i) => ops.constant(i, [1], "i32"))).reshape([2, 3]);
const taken = [
  [4, 0, 4],
  [2, 2, 0],
];

const composites: Readonly<Record<string, Composite>> = {
  ceil: { f: ops.ceil, each: Math.ceil, flat: true },
  trunc: { f: ops.trunc, each: Math.trunc, flat: true },
  round: {
    f: ops.round,
    each: (v) => (Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v)),
    x: HALVES,
    flat: true,
  },
  reciprocal: { f: ops.reciprocal, each: (v) => 1 / v },
  rsqrt: { f: ops.rsqrt, each: (v) => v ** -0.5, x: ABOVE },
  clamp: { f: (x) => ops.clamp(x, -1, 1), each: (v) => Math.min(1, Math.max(-1, v)) },
  "clamp below": { f: (x) => ops.clamp(x, -1), each: (v) => Math.max(-1, v) },
  "clamp crossed": { f: (x) => ops.clamp(x, 2, 1), each: () => 1, flat: true },
  remainder: { f: (x) => ops.remainder(x, 0.7), each: (v) => v - 0.7 * Math.floor(v / 0.7) },
  "remainder by a negative number": { f: (x) => ops.remainder(x, -0.7), each: (v) => v + 0.7 * Math.floor(v / -0.7) },
  fmod: { f: (x) => ops.fmod(x, 0.7), each: (v) => v % 0.7 },
  log1p: { f: ops.log1p, each: Math.log1p, x: SMALL },
  expm1: { f: ops.expm1, each: Math.expm1 },
  "expm1 of small numbers": { f: ops.expm1, each: Math.expm1, x: SMALL },
  tan: { f: ops.tan, each: Math.tan, x: SMALL },
  atan: { f: ops.atan, each: Math.atan },
  asin: { f: ops.asin, each: Math.asin, x: SMALL },
  acos: { f: ops.acos, each: Math.acos, x: SMALL },
  sinh: { f: ops.sinh, each: Math.sinh },
  "sinh of small numbers": { f: ops.sinh, each: Math.sinh, x: SMALL },
  cosh: { f: ops.cosh, each: Math.cosh },
  asinh: { f: ops.asinh, each: Math.asinh },
  "asinh of small numbers": { f: ops.asinh, each: Math.asinh, x: SMALL },
  acosh: { f: ops.acosh, each: Math.acosh, x: ABOVE },
  atanh: { f: ops.atanh, each: Math.atanh, x: SMALL },

  min: { f: (x) => ops.min(x, -1), row: (v) => Math.min(...v) },
  argmin: { f: (x) => ops.cast(ops.argmin(x, -1), "f32"), row: (v) => v.indexOf(Math.min(...v)), flat: true },
  prod: { f: (x) => ops.prod(x, -1), row: (v) => v.reduce((a, b) => a * b) },
  "prod with a zero": { f: (x) => ops.prod(x, -1), row: (v) => v.reduce((a, b) => a * b), x: [[2, 0, 3]] },
  "prod of nothing": { f: (x) => ops.prod(x.slice(1, 0, 0), -1), row: () => 1, flat: true },
  "norm 1": { f: (x) => ops.norm(x, 1, -1), row: (v) => total(v.map(Math.abs)) },
  "norm 2": { f: (x) => ops.norm(x, 2, -1), row: (v) => Math.hypot(...v) },
  "norm 3": { f: (x) => ops.norm(x, 3, -1), row: (v) => Math.cbrt(total(v.map((a) => Math.abs(a) ** 3))) },
  "norm 0": { f: (x) => ops.norm(x, 0, -1), row: (v) => v.filter(Boolean).length, x: [[0, 2, 0, 1]], flat: true },
  "norm Infinity": { f: (x) => ops.norm(x, Infinity, -1), row: (v) => Math.max(...v.map(Math.abs)) },
  "norm -Infinity": { f: (x) => ops.norm(x, -Infinity, -1), row: (v) => Math.min(...v.map(Math.abs)) },
  any: { f: (x) => ops.cast(ops.any(x.greater(3), -1), "f32"), row: (v) => Number(v.some((a) => a > 3)), flat: true },
  "any of nothing": { f: (x) => ops.cast(ops.any(x.greater(3).slice(1, 0, 0), -1), "f32"), row: () => 0, flat: true },
  all: { f: (x) => ops.cast(ops.all(x.less(3), -1), "f32"), row: (v) => Number(v.every((a) => a < 3)), flat: true },

  cumsum: { f: (x) => ops.cumsum(x, -1), row: (v) => running(v, (a, b) => a + b) },
  "cumsum from the end": {
    f: (x) => ops.cumsum(x, 1, { reverse: true }),
    row: (v) => running(v.toReversed(), (a, b) => a + b).toReversed(),
  },
  "cumsum before each": {
    f: (x) => ops.cumsum(x, 1, { exclusive: true }),
    row: (v) => [0, ...running(v, (a, b) => a + b).slice(0, -1)],
  },
  cumprod: { f: (x) => ops.cumprod(x, -1), row: (v) => running(v, (a, b) => a * b) },
  "cumprod through 0": { f: (x) => ops.cumprod(x, -1), row: (v) => running(v, (a, b) => a * b), x: [[2, 0, 3]] },

  topK: { f: (x) => ops.topK(x, 3).values, row: (v) => v.toSorted((a, b) => b - a).slice(0, 3) },
  "topK smallest": {
    f: (x) => ops.topK(x, 2, 1, { largest: false }).values,
    row: (v) => v.toSorted((a, b) => a - b).slice(0, 2),
  },
  sort: { f: (x) => ops.sort(x).values, row: (v) => v.toSorted((a, b) => a - b) },
  argsort: {
    f: (x) => ops.cast(ops.argsort(x, -1, { descending: true }), "f32"),
    row: (v) => v.map((_, i) => i).sort((a, b) => (v[b] as number) - (v[a] as number)),
    flat: true,
  },
  takeAlongDim: {
    f: (x) => ops.takeAlongDim(x, positions(), 1),
    row: (v) => (taken[v === ROWS[0] ? 0 : 1] as number[]).map((i) => v[i] as number),
  },
  take: { f: (x) => ops.take(x, positions(), 1), row: (v) => taken.flat().map((i) => v[i] as number) },
  "scatter puts the last": {
    f: (x) => ops.scatter(x, 1, positions(), x.slice(1, 0, 3)),
    row: (v) => put(v, (_, b) => b),
  },
  "scatter sum": {
    f: (x) => ops.scatter(x, 1, positions(), x.slice(1, 0, 3), "sum"),
    row: (v) => put(v, (a, b) => a + b),
  },
  "scatter prod": {
    f: (x) => ops.scatter(x, 1, positions(), x.slice(1, 0, 3), "prod"),
    row: (v) => put(v, (a, b) => a * b),
  },
  "scatter amax": {
    f: (x) => ops.scatter(x, 1, positions(), mul(x.slice(1, 0, 3), 1.5), "amax"),
    row: (v) => put(v, Math.max, 1.5),
  },
  "scatter amin": {
    f: (x) => ops.scatter(x, 1, positions(), mul(x.slice(1, 0, 3), 1.5), "amin"),
    row: (v) => put(v, Math.min, 1.5),
  },
  split: { f: (x) => ops.split(x, [1, 4], 1)[1] as Tensor, row: (v) => v.slice(1) },
  chunk: { f: (x) => ops.chunk(x, 2, 1)[1] as Tensor, row: (v) => v.slice(3) },
  stack: { f: (x) => ops.stack([x, mul(x, 2)], 1), row: (v) => [...v, ...v.map((a) => 2 * a)] },
  tile: { f: (x) => ops.tile(x, [1, 3]), row: (v) => [...v, ...v, ...v] },
  roll: { f: (x) => ops.roll(x, -2, 1), row: (v) => [...v.slice(2), ...v.slice(0, 2)] },
  tril: {
    f: (x) => ops.tril(x.unsqueeze(-2).broadcastTo([...x.shape.slice(0, 1), 2, 5]), 1),
    row: (v) => [0, 1].flatMap((i) => v.map((a, j) => (j - i <= 1 ? a : 0))),
  },
  triu: {
    f: (x) => ops.triu(x.unsqueeze(-2).broadcastTo([...x.shape.slice(0, 1), 2, 5]), 1),
    row: (v) => [0, 1].flatMap((i) => v.map((a, j) => (j - i >= 1 ? a : 0))),
  },
};

/** v with its first three elements, times `factor`, put where `taken` says. */
function put(v: readonly number[], f: (a: number, b: number) => number, factor = 1): number[] {
  const out = [...v];
  const places = taken[v === ROWS[0] ? 0 : 1] as number[];
  for (const [i, place] of places.entries()) out[place] = f(out[place] as number, factor * (v[i] as number));
  return out;
}

test("every function that is made of others has its row above, or tests of its own", () => {
  const own = ["notEqual", "xor", "isInf", "isNaN", "gatherND", "scatterND", "oneHot", "squeeze", "unsqueeze"];
  const named = [
    ...Object.keys(composites).map((name) => name.split(" ")[0]),
    ...own,
    "pixelShuffle",
    "pixelUnshuffle",
  ];
  const all = [arranging, elementary, indexing, scan, sorting].flatMap((module) => Object.keys(module));
  expect(all.filter((name) => !named.includes(name))).toEqual([]);
});

const values = (shape: Shape, data: readonly number[]): Values => ({
  shape,
  dtype: "f32",
  data: Float64Array.from(data),
});

describe.each(Object.entries(composites))("%s", (_name, { f, each, row, x: rows = ROWS, flat }) => {
  const shape = [rows.length, (rows[0] as readonly number[]).length];
  const x = input("x", shape);
  const y = f(x);
  const at = { x: values(shape, rows.flat()) };

  test("is what plain loops say", () => {
    const want = row ? rows.flatMap((v) => row(v)) : rows.flat().map((v) => each?.(v) as number);
    expect(evaluate([y], at)[0]?.data ?? []).toBeAllclose(want, { rtol: 1e-10, atol: 1e-15 });
  });

  test("its gradient is that of central differences", () => {
    const w = input("w", y.shape);
    const weights = values(
      y.shape,
      Array.from({ length: y.size }, (_, i) => 0.5 + ((i * 7) % 5) / 5),
    );
    const loss = sum(mul(y, w));
    const got = evaluate(gradients(loss, [x]), { ...at, w: weights })[0]?.data ?? [];
    const h = 1e-6;
    const differences = rows.flat().map((v, i) => {
      const moved = (delta: number) => values(shape, rows.flat().with(i, v + delta));
      const value = (d: number) => evaluate([loss], { x: moved(d), w: weights })[0]?.data[0] as number;
      return flat ? 0 : (value(h) - value(-h)) / (2 * h);
    });
    expect(got).toBeAllclose(differences, { rtol: 1e-5, atol: 1e-7 });
  });

  test("over lanes it is the same lane by lane", () => {
    const lanes = input("lanes", [2, ...shape]);
    const [both] = batched([y], new Map([[x, lanes]]), 2);
    const data = [...rows.flat(), ...rows.flat()];
    const one = [...(evaluate([y], at)[0]?.data ?? [])];
    const got = evaluate([both as Tensor], { lanes: values([2, ...shape], data) })[0]?.data ?? [];
    expect(got).toBeAllclose([...one, ...one], { rtol: 1e-12 });
  });
});
