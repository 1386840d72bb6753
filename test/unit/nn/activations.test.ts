import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { type Layer, nn, traceModel } from "../../../engine/nn/index.ts";
import { constant, evaluate, gradients, input, scalar, sum, type Tensor } from "../../../engine/ops/index.ts";
import { runGraph } from "../../../engine/plan/index.ts";

/** What an activation does to the numbers of `x`, and its gradient under the loss sum(y cotangent). */
function graph(layer: Layer, length: number, training = true) {
  const x = input("x", [length]);
  const cotangent = input("cotangent", [length]);
  const key = { seed: scalar("seed", "u32"), step: constant(1, [], "u32") };
  const weight = constant(0.25, [1]);
  const { output } = traceModel(layer, x, { parameters: { weight }, buffers: {}, training, ...key });
  return { x, output, gradient: gradients(sum(output.mul(cotangent)), [x])[0] as Tensor };
}

/** y and grad.x in f64 by the reference loops; cotangents are 1 when not given. */
function reference(layer: Layer, x: ArrayLike<number>, cotangent?: ArrayLike<number>, training?: boolean) {
  const { output, gradient } = graph(layer, x.length, training);
  const values = (data: ArrayLike<number>, dtype: "f32" | "u32" = "f32") =>
    ({ shape: dtype === "f32" ? [x.length] : [], dtype, data: Float64Array.from(data) }) as const;
  const ones = Array.from(x, () => 1);
  const given = { x: values(x), cotangent: values(cotangent ?? ones), seed: values([7], "u32") };
  const [y, g] = evaluate([output, gradient], given).map(({ data }) => [...data]);
  return { y: y ?? [], gradient: g ?? [] };
}

/** By hand, from the formulas of PyTorch's documentation. */
const formulas: Record<string, [Layer, (x: number) => number]> = {
  celu: [nn.celu(2), (x) => Math.max(0, x) + Math.min(0, 2 * Math.expm1(x / 2))],
  elu: [nn.elu(1.5), (x) => (x > 0 ? x : 1.5 * Math.expm1(x))],
  "gelu by tanh": [
    nn.gelu({ approximate: "tanh" }),
    (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  ],
  hardshrink: [nn.hardshrink(0.75), (x) => (Math.abs(x) > 0.75 ? x : 0)],
  hardsigmoid: [nn.hardsigmoid(), (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1)],
  hardswish: [nn.hardswish(), (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6],
  hardtanh: [nn.hardtanh({ minVal: -2, maxVal: 0.5 }), (x) => Math.min(Math.max(x, -2), 0.5)],
  identity: [nn.identity(), (x) => x],
  leakyRelu: [nn.leakyRelu(0.2), (x) => (x > 0 ? x : 0.2 * x)],
  logSigmoid: [nn.logSigmoid(), (x) => -Math.log1p(Math.exp(-x))],
  mish: [nn.mish(), (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  prelu: [nn.prelu(), (x) => (x > 0 ? x : x / 4)],
  relu6: [nn.relu6(), (x) => Math.min(Math.max(x, 0), 6)],
  selu: [nn.selu(), (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
  silu: [nn.silu(), (x) => x / (1 + Math.exp(-x))],
  softplus: [nn.softplus({ beta: 3, threshold: 5 }), (x) => (3 * x > 5 ? x : Math.log1p(Math.exp(3 * x)) / 3)],
  softshrink: [nn.softshrink(0.75), (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.75, 0)],
  softsign: [nn.softsign(), (x) => x / (1 + Math.abs(x))],
  tanhshrink: [nn.tanhshrink(), (x) => x - Math.tanh(x)],
  threshold: [nn.threshold({ threshold: 0.25, value: -2 }), (x) => (x > 0.25 ? x : -2)],
};

test.each(Object.entries(formulas))("%s is its formula", (_name, [layer, f]) => {
  const x = Array.from({ length: 81 }, (_, i) => i / 8 - 5);
  expect(reference(layer, x).y).toBeAllclose(x.map(f), { rtol: 1e-12, atol: 1e-14 });
});

/** Where the derivative jumps: at x it is what PyTorch 1.13 takes. */
const kinks: [string, Layer, Record<number, number>][] = [
  ["leakyRelu", nn.leakyRelu(0.2), { 0: 0.2 }],
  ["prelu", nn.prelu(), { 0: 0.25 }],
  ["elu", nn.elu(1.5), { 0: 1.5 }],
  ["celu", nn.celu(2), { 0: 1 }],
  ["selu", nn.selu(), { 0: 1.0507009873554805 * 1.6732632423543772 }],
  ["hardtanh", nn.hardtanh(), { [-1]: 0, 1: 0 }],
  ["relu6", nn.relu6(), { 0: 0, 6: 0 }],
  ["hardsigmoid", nn.hardsigmoid(), { [-3]: 0, 3: 0 }],
  ["hardswish", nn.hardswish(), { [-3]: -0.5, 3: 1.5 }],
  ["softshrink", nn.softshrink(), { [-0.5]: 0, 0.5: 0 }],
  ["hardshrink", nn.hardshrink(), { [-0.5]: 0, 0.5: 0 }],
  ["threshold", nn.threshold({ threshold: 1, value: 0 }), { 1: 0 }],
  ["softplus", nn.softplus(), { 0: 0.5 }],
  ["softsign", nn.softsign(), { 0: 1 }],
  ["mish", nn.mish(), { 0: 0.6 }],
];

test.each(kinks)("%s has PyTorch's derivative where it bends", (_name, layer, at) => {
  expect(reference(layer, Object.keys(at).map(Number)).gradient).toBeAllclose(Object.values(at), { rtol: 1e-12 });
});

describe("in f32", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasmProvider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());

  const made: [string, Layer][] = [
    ...Object.entries(formulas).map(([name, [layer]]): [string, Layer] => [name, layer]),
    ["gelu", nn.gelu()],
    ["rrelu", nn.rrelu()],
    ["softmax", nn.softmax()],
    ["softmin", nn.softmin()],
    ["logSoftmax", nn.logSoftmax()],
    ["glu", nn.module({ glu: nn.glu() }, ({ glu }, x) => glu(x.broadcastTo([2, 6]).flatten(0)))],
    ["alphaDropout", nn.alphaDropout(0.2)],
  ];

  test.each(made.filter(([name]) => name !== "glu"))("%s is right and finite far from 0", async (_name, layer) => {
    const x = [-1e4, -100, -20, 20, 100, 1e4];
    const { output, gradient } = graph(layer, x.length);
    const got = await runGraph(backend, [output, gradient], { x, cotangent: x.map(() => 1), seed: 7 });
    const want = reference(layer, x);
    expect([...(got[0] as Float32Array)]).toBeAllclose(want.y, { rtol: 1e-6, atol: 1e-6 });
    expect([...(got[1] as Float32Array)]).toBeAllclose(want.gradient, { rtol: 1e-5, atol: 1e-6 });
  });

  test.each(made)("%s keeps NaN", async (name, layer) => {
    const length = 6;
    const x = Array.from({ length }, () => Number.NaN);
    const { output } = graph(layer, length, false);
    const [y] = await runGraph(backend, [output], { x, seed: 7 });
    expect([...(y as Float32Array)].every(Number.isNaN), name).toBe(true);
  });
});

test("prelu learns one slope for all, or one for each channel", () => {
  const x = input("x", [1, 2, 2]);
  const weight = input("weight", [2]);
  const zero = constant(0, [], "u32");
  const given = { parameters: { weight }, buffers: {}, training: true, seed: zero, step: zero };
  const { output } = traceModel(nn.prelu(2), x, given);
  const values = {
    x: { shape: [1, 2, 2], dtype: "f32", data: Float64Array.of(-1, 2, -3, -4) },
    weight: { shape: [2], dtype: "f32", data: Float64Array.of(0.5, 0.1) },
  } as const;
  const [y, g] = evaluate([output, gradients(sum(output), [weight])[0] as Tensor], values);
  expect(y?.data).toBeAllclose([-0.5, 2, -0.3, -0.4]);
  expect(g?.data).toBeAllclose([-1, -7]);
  expect(() => traceModel(nn.prelu(3), x, given)).toThrow(
    "prelu: numParameters 3 is neither 1 nor the 2 channels of [1, 2, 2] (axis 1)",
  );
});

test("softmax, softmin and logSoftmax work along the axis that is said", () => {
  const zero = constant(0, [], "u32");
  const x = input("x", [2, 3]);
  const values = { x: { shape: [2, 3], dtype: "f32", data: Float64Array.of(0, 1, 2, 3, 3, 1) } } as const;
  const run = (layer: Layer) => {
    const { output } = traceModel(layer, x, { parameters: {}, buffers: {}, training: true, seed: zero, step: zero });
    return [...(evaluate([output], values)[0]?.data ?? [])];
  };
  const share = (a: number, b: number) => Math.exp(a) / (Math.exp(a) + Math.exp(b));
  expect(run(nn.softmax(0))).toBeAllclose([
    share(0, 3),
    share(1, 3),
    share(2, 1),
    share(3, 0),
    share(3, 1),
    share(1, 2),
  ]);
  expect(run(nn.softmin(0)).slice(0, 3)).toBeAllclose([share(3, 0), share(3, 1), share(1, 2)]);
  expect(run(nn.logSoftmax()).map(Math.exp)).toBeAllclose(run(nn.softmax(-1)));
  expect(() => run(nn.glu())).toThrow("glu: axis -1 of [2, 3] has 3 numbers, and no two equal halves");
});

test("rrelu draws slopes between its bounds for every element, and takes the middle in evaluation", () => {
  const x = Array.from({ length: 2000 }, () => -1);
  const slopes = reference(nn.rrelu({ lower: 0.1, upper: 0.5 }), x).y.map((y) => -y);
  expect(Math.min(...slopes)).toBeGreaterThanOrEqual(0.1);
  expect(Math.max(...slopes)).toBeLessThanOrEqual(0.5);
  expect(slopes.reduce((a, b) => a + b) / x.length).toBeCloseTo(0.3, 1);
  expect(reference(nn.rrelu({ lower: 0.1, upper: 0.5 }), [-1, 2], undefined, false).y).toBeAllclose([-0.3, 2]);
  expect(() => nn.rrelu({ lower: 0.5, upper: 0.1 })).toThrow("rrelu: lower = 0.5 is above upper = 0.1");
});

test("alphaDropout keeps mean 0 and variance 1", () => {
  // equal halves of -1 and 1: mean 0, variance 1
  const x = Array.from({ length: 20_000 }, (_, i) => (i % 2 ? 1 : -1));
  const { y } = reference(nn.alphaDropout(0.3), x);
  const mean = y.reduce((a, b) => a + b) / y.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(y.reduce((a, b) => a + (b - mean) ** 2, 0) / y.length - 1)).toBeLessThan(0.03);
  expect(new Set(y.map((v) => v.toFixed(6))).size).toBe(3);
  expect(reference(nn.alphaDropout(1), [3]).y).toEqual([0]);
  expect(reference(nn.alphaDropout(0.3), [3], undefined, false).y).toEqual([3]);
});

test("options that cannot be are refused when they are given", () => {
  expect(() => nn.hardtanh({ minVal: 1, maxVal: 1 })).toThrow("hardtanh: minVal = 1 is not below maxVal = 1");
  expect(() => nn.celu(0)).toThrow("celu: alpha is 0, and x / alpha has no value; use relu");
});
