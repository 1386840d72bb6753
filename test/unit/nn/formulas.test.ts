import { describe, expect, test } from "vitest";
import { type Layer, layers, nn } from "../../../engine/nn/index.ts";
import { rowMajor, type Shape } from "../../../engine/tensor/index.ts";
import { jsonFilesIn, readCase } from "../../conformance/case.ts";
import { torchLayer } from "../../conformance/torch.ts";
import { traced } from "./traced.ts";

/** Reads a tensor by coordinates; 0 outside it. */
type Read = (...at: number[]) => number;

interface Formula {
  layer: Layer;
  shape: Shape;
  /** The output at a place, by hand from the paper or PyTorch's documentation. */
  y(at: readonly number[], x: Read, parameters: Readonly<Record<string, Read>>): number;
}

const wrapped = (i: number, n: number): number => ((i % n) + n) % n;
const each = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const total = (terms: readonly number[]): number => terms.reduce((a, b) => a + b, 0);
/** Layers that PyTorch does not have, or not in the version that the cases come from. */
const formulas: Readonly<Record<string, Formula>> = {
  branches: {
    layer: nn.branches({ a: nn.identity(), b: nn.tanh() }),
    shape: [2, 3],
    y: ([n = 0, c = 0], x) => (c < 3 ? x(n, c) : Math.tanh(x(n, c - 3))),
  },
  "branches summed": {
    layer: nn.branches([nn.identity(), nn.tanh()], { join: "sum" }),
    shape: [2, 3],
    y: ([n = 0, c = 0], x) => x(n, c) + Math.tanh(x(n, c)),
  },
  "branches multiplied": {
    layer: nn.branches([nn.identity(), nn.tanh()], { join: "product" }),
    shape: [2, 3],
    y: ([n = 0, c = 0], x) => x(n, c) * Math.tanh(x(n, c)),
  },
  circularPad1d: {
    layer: nn.circularPad1d([2, 1]),
    shape: [2, 2, 4],
    y: ([n = 0, c = 0, i = 0], x) => x(n, c, wrapped(i - 2, 4)),
  },
  circularPad2d: {
    layer: nn.circularPad2d([2, 1, 0, 3]),
    shape: [1, 2, 3, 4],
    y: ([n = 0, c = 0, i = 0, j = 0], x) => x(n, c, wrapped(i, 3), wrapped(j - 2, 4)),
  },
  circularPad3d: {
    layer: nn.circularPad3d([0, 1, 2, 0, 1, 0]),
    shape: [1, 1, 2, 3, 2],
    y: ([n = 0, c = 0, d = 0, i = 0, j = 0], x) => x(n, c, wrapped(d - 1, 2), wrapped(i - 2, 3), wrapped(j, 2)),
  },
  "conv1d, causal": {
    layer: nn.conv1d(2, { kernelSize: 3, dilation: 2, padding: "causal" }),
    shape: [2, 1, 6],
    y: ([n = 0, o = 0, i = 0], x, { weight, bias }) =>
      total(each(3).map((k) => x(n, 0, i - 2 * (2 - k)) * (weight as Read)(o, 0, k))) + (bias as Read)(o),
  },
  learnedPositions: {
    layer: nn.learnedPositions(5),
    shape: [2, 4, 3],
    y: ([n = 0, t = 0, e = 0], x, { weight }) => x(n, t, e) + (weight as Read)(t, e),
  },
  lpPool3d: {
    layer: nn.lpPool3d(2, { kernelSize: 2 }),
    shape: [1, 2, 2, 4, 2],
    y: ([n = 0, c = 0, d = 0, i = 0, j = 0], x) =>
      Math.sqrt(total(each(8).map((k) => x(n, c, 2 * d + (k >> 2), 2 * i + ((k >> 1) & 1), 2 * j + (k & 1)) ** 2))),
  },
  maxout: {
    layer: nn.maxout(3, { pieces: 4 }),
    shape: [2, 5],
    y: ([n = 0, o = 0], x, { weight, bias }) =>
      Math.max(
        ...each(4).map((k) => {
          const row = 4 * o + k;
          return total(each(5).map((i) => x(n, i) * (weight as Read)(row, i))) + (bias as Read)(row);
        }),
      ),
  },
  mlp: {
    layer: nn.mlp([2, 3], { activation: nn.tanh() }),
    shape: [2, 4],
    y: ([n = 0, o = 0], x, p) => {
      const hidden = (h: number): number =>
        Math.tanh(total(each(4).map((i) => x(n, i) * (p["0.weight"] as Read)(h, i))) + (p["0.bias"] as Read)(h));
      return total(each(2).map((h) => hidden(h) * (p["3.weight"] as Read)(o, h))) + (p["3.bias"] as Read)(o);
    },
  },
  permute: {
    layer: nn.permute([0, 3, 1, 2]),
    shape: [2, 3, 4, 5],
    y: ([n = 0, c = 0, i = 0, j = 0], x) => x(n, i, j, c),
  },
  reshape: {
    layer: nn.reshape([3, 4]),
    shape: [2, 2, 6],
    y: ([n = 0, i = 0, j = 0], x) => x(n, Math.floor((4 * i + j) / 6), (4 * i + j) % 6),
  },
  residual: {
    layer: nn.residual(nn.tanh()),
    shape: [2, 3],
    y: ([n = 0, c = 0], x) => x(n, c) + Math.tanh(x(n, c)),
  },
  "residual with a shortcut": {
    layer: nn.residual(nn.tanh(), { shortcut: nn.relu() }),
    shape: [2, 3],
    y: ([n = 0, c = 0], x) => Math.max(0, x(n, c)) + Math.tanh(x(n, c)),
  },
  "rmsNorm with its own eps": {
    layer: nn.rmsNorm({ elementwiseAffine: false }),
    shape: [2, 3],
    y: ([n = 0, c = 0], x) => x(n, c) / Math.sqrt(total(each(3).map((k) => x(n, k) ** 2)) / 3 + 2 ** -23),
  },
  sinusoidalPositions: {
    layer: nn.sinusoidalPositions({ base: 100 }),
    shape: [1, 4, 6],
    y: ([n = 0, t = 0, e = 0], x) => x(n, t, e) + (e % 2 ? Math.cos : Math.sin)(t / 100 ** ((e - (e % 2)) / 6)),
  },
  "softmax with a temperature": {
    layer: nn.softmax({ temperature: 3 }),
    shape: [2, 4],
    y: ([n = 0, c = 0], x) => Math.exp(x(n, c) / 3) / total(each(4).map((k) => Math.exp(x(n, k) / 3))),
  },
  zeroPad1d: { layer: nn.zeroPad1d([2, 1]), shape: [2, 2, 3], y: ([n = 0, c = 0, i = 0], x) => x(n, c, i - 2) },
  zeroPad3d: {
    layer: nn.zeroPad3d([0, 1, 2, 0, 1, 0]),
    shape: [1, 1, 2, 3, 2],
    y: ([n = 0, c = 0, d = 0, i = 0, j = 0], x) => x(n, c, d - 1, i - 2, j),
  },
};

/** Held to what they are elsewhere: by draws in noise.test.ts, by hand in sequences.test.ts and tabular.test.ts. */
const elsewhere = /[dD]ropout|^(stochasticDepth|gaussianNoise|attention|tabular)$/;

test("every layer is held to PyTorch or to a formula", () => {
  const folder = new URL("../../fixtures/", import.meta.url).pathname;
  const cases = ["layers", "activations"].flatMap((group) => [...jsonFilesIn(`${folder}${group}`)]);
  const held = new Set(Object.values(formulas).map(({ layer }) => layer.type));
  for (const file of cases) {
    const { op = "", config = {} } = readCase(file) ?? {};
    held.add(`${op.charAt(0).toLowerCase()}${op.slice(1)}`);
    try {
      held.add(torchLayer({ name: op, args: [], named: config }).type);
    } catch {} // a function, or a module that sequences.ts makes
  }
  expect(Object.keys(layers).filter((name) => !held.has(name) && !elsewhere.test(name))).toEqual([]);
});

describe("a layer is its formula", () => {
  test.each(Object.entries(formulas))("%s", (_name, { layer, shape, y }) => {
    const { output, values, parameters, evaluated } = traced(layer, shape, { training: false });
    const reader = (name: string): Read => {
      const { shape, data } = values[name] as { shape: Shape; data: Float64Array };
      const strides = rowMajor(shape);
      return (...at) =>
        at.every((i, axis) => i >= 0 && i < (shape[axis] as number))
          ? (data[total(at.map((i, axis) => i * (strides[axis] as number)))] as number)
          : 0;
    };
    const given = Object.fromEntries(Object.keys(parameters).map((name) => [name, reader(name)]));
    const steps = rowMajor(output.shape);
    const want = each(output.size).map((k) =>
      y(
        output.shape.map((n, axis) => Math.floor(k / (steps[axis] as number)) % n),
        reader("x"),
        given,
      ),
    );
    expect(evaluated(output)[0] ?? []).toBeAllclose(want, { rtol: 1e-7, atol: 1e-9 });
  });
});
