import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { erf } from "../../../engine/backends/interpret.ts";
import type { BinaryOp, Instr, UnaryOp } from "../../../engine/backends/launch.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { uniform } from "../../../engine/random/index.ts";
import { runOn } from "./cases.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

/** f32 results of one instruction over f32 inputs. */
async function apply(fn: UnaryOp | BinaryOp, ...inputs: Float32Array[]): Promise<Float32Array> {
  const n = inputs[0]?.length ?? 0;
  const view = (buffer: number) => ({ buffer, offset: 0, strides: [1], dtype: "f32" }) as const;
  const call: Instr =
    inputs.length === 1
      ? { op: "unary", fn: fn as UnaryOp, a: 0, dtype: "f32" }
      : { op: "binary", fn: fn as BinaryOp, a: 0, b: 1, dtype: "f32" };
  const after = await runOn(backend, {
    name: fn,
    data: [...inputs, new Float32Array(n)],
    launches: [
      {
        kind: "map",
        label: fn,
        shape: [n],
        views: inputs.map((_, i) => view(i)),
        code: [...inputs.map((_, i): Instr => ({ op: "load", view: i, dtype: "f32" })), call],
        stores: [{ view: view(inputs.length), value: inputs.length }],
      },
    ],
  });
  return new Float32Array((after[inputs.length] as Uint32Array).buffer);
}

/** Distance in units of the last place of the exact result, rounded to f32. */
function ulps(got: number, exact: number): number {
  const want = Math.fround(exact);
  if (Object.is(got, want) || (Number.isNaN(got) && Number.isNaN(want))) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) return got === want ? 0 : Infinity;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(want) || 2 ** -149)), -126);
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

const between = (low: number, high: number, stream: number) =>
  Float32Array.from(uniform(11, stream, 40_000), (u) => low + (high - low) * u);
/** Numbers of all sizes from 2^low to 2^high, of both signs if asked for. */
const scaled = (low: number, high: number, stream: number, signed = true) => {
  const exponents = uniform(12, stream, 40_000);
  return Float32Array.from(uniform(13, stream, 40_000), (u, i) => {
    const size = (1 + u) * 2 ** (low + (high - low) * (exponents[i] as number));
    return signed && i % 2 ? -size : size;
  });
};

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const table: readonly [UnaryOp, (x: number) => number, readonly Float32Array[], number][] = [
  ["exp", Math.exp, [between(-104, 89, 0), scaled(-30, 6, 1)], 2],
  ["log", Math.log, [scaled(-148, 127, 2, false), between(0.5, 2, 3)], 2],
  ["tanh", Math.tanh, [between(-10, 10, 4), scaled(-30, 4, 5)], 3],
  ["sigmoid", sigmoid, [between(-103, 30, 6), scaled(-30, 4, 7)], 3],
  ["erf", erf, [between(-5, 5, 8), scaled(-30, 2, 9)], 3],
  ["sin", Math.sin, [between(-10_000, 10_000, 10), between(-4, 4, 11), scaled(-30, 2, 12)], 2],
  ["cos", Math.cos, [between(-10_000, 10_000, 13), between(-4, 4, 14), scaled(-30, 2, 15)], 2],
];

describe("functions agree with f64 to a few units in the last place", () => {
  test.each(table)("%s", async (fn, exact, inputs, allowed) => {
    for (const x of inputs) {
      const y = await apply(fn, x);
      let worst = 0;
      let at = 0;
      y.forEach((got, i) => {
        const off = ulps(got, exact(x[i] as number));
        if (off > worst) [worst, at] = [off, x[i] as number];
      });
      expect(worst, `${fn}(${at})`).toBeLessThanOrEqual(allowed);
    }
  });

  test("sin and cos near multiples of pi / 2, where the argument's reduction shows", async () => {
    const x = Float32Array.from({ length: 12_000 }, (_, i) => ((i - 6000) * Math.PI) / 2);
    const [s, c] = [await apply("sin", x), await apply("cos", x)];
    x.forEach((v, i) => {
      expect(ulps(s[i] as number, Math.sin(v)), `sin(${v})`).toBeLessThanOrEqual(2);
      expect(ulps(c[i] as number, Math.cos(v)), `cos(${v})`).toBeLessThanOrEqual(2);
    });
  });

  test("pow over the whole range", async () => {
    for (const [x, y] of [
      [scaled(-20, 20, 20, false), between(-6, 6, 21)],
      [scaled(-148, 127, 22, false), between(-1, 1, 23)],
      [between(0.9, 1.1, 24), between(-300, 300, 25)],
    ] as const) {
      const z = await apply("pow", x, y);
      z.forEach((got, i) => {
        expect(ulps(got, (x[i] as number) ** (y[i] as number)), `${x[i]} ** ${y[i]}`).toBeLessThanOrEqual(1);
      });
    }
  });
});

describe("edges", () => {
  const inf = Infinity;
  const edges: readonly [UnaryOp, readonly number[], readonly number[]][] = [
    ["exp", [100, 89, -110, -inf, inf, Number.NaN, 0], [inf, inf, 0, 0, inf, Number.NaN, 1]],
    ["log", [0, -0, -1, inf, -inf, Number.NaN, 1], [-inf, -inf, Number.NaN, inf, Number.NaN, Number.NaN, 0]],
    ["tanh", [40, -40, inf, -inf, Number.NaN, 0, -0], [1, -1, 1, -1, Number.NaN, 0, -0]],
    ["sigmoid", [200, -200, inf, -inf, Number.NaN, 0], [1, 0, 1, 0, Number.NaN, 0.5]],
    ["erf", [7, -7, inf, -inf, Number.NaN, 0], [1, -1, 1, -1, Number.NaN, 0]],
    ["sin", [inf, -inf, Number.NaN, 0], [Number.NaN, Number.NaN, Number.NaN, 0]],
    ["cos", [inf, Number.NaN, 0], [Number.NaN, Number.NaN, 1]],
    ["sign", [-3, 0, -0, 5, Number.NaN], [-1, 0, -0, 1, Number.NaN]],
    ["sqrt", [4, -1, inf, 0], [2, Number.NaN, inf, 0]],
  ];
  test.each(edges)("%s of %j", async (fn, x, want) => {
    expect([...(await apply(fn, Float32Array.from(x)))]).toEqual([...want]);
  });

  test("pow: zero, infinity, negative bases and exponents", async () => {
    const x = Float32Array.of(0, 0, 2, -2, -2, -8, inf, inf, -inf, Number.NaN, 1e30, 1e-30);
    const y = Float32Array.of(0, -1, 10, 3, 2, 1 / 3, 2, -1, 3, 1.5, 2.5, 2.5);
    const want = [1, inf, 1024, -8, 4, Number.NaN, inf, 0, -inf, Number.NaN, inf, 0];
    expect([...(await apply("pow", x, y))]).toEqual(want);
  });

  test("sin and cos stay within [-1, 1] however large the argument", async () => {
    const x = scaled(14, 127, 30);
    for (const fn of ["sin", "cos"] as const) {
      expect((await apply(fn, x)).every((y) => Math.abs(y) <= 1)).toBe(true);
    }
  });
});
