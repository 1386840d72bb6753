import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { init } from "../../../engine/init/index.ts";
import { declare, isLayer, type Layer, nn } from "../../../engine/nn/index.ts";
import { constant, type Tensor } from "../../../engine/ops/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";
import { type Run, traced } from "./traced.ts";

test("avgPool2d divides by the divisor it is given, at the border too", () => {
  const pool = (divisorOverride?: number) => {
    const { output, evaluated } = traced(nn.avgPool2d(2, { padding: 1, stride: 1, divisorOverride }), [1, 2, 3, 2]);
    return evaluated(output)[0] ?? [];
  };
  expect(pool(3)).toBeAllclose(pool().map((mean) => (4 * mean) / 3));
});

test("flatten joins the axes from startDim to endDim, counted from either end", () => {
  expect(traced(nn.flatten({ startDim: 1, endDim: 2 }), [2, 3, 4, 5]).output.shape).toEqual([2, 12, 5]);
  expect(traced(nn.flatten({ startDim: -2 }), [2, 3, 4, 5]).output.shape).toEqual([2, 3, 20]);
  expect(traced(nn.flatten({ startDim: 0, endDim: 1 }), [2, 3, 4]).output.shape).toEqual([6, 4]);
  expect(() => traced(nn.flatten({ startDim: 2, endDim: 1 }), [2, 3, 4])).toThrow("axis 2 comes after 1 in [2, 3, 4]");
});

describe("models", () => {
  const model = nn.sequential(nn.linear(6), nn.batchNorm(), nn.relu(), nn.dropout(0.5), nn.linear(3, { bias: false }));

  test("declare parameters and running statistics by PyTorch's names, sizes from the input", () => {
    const { parameters, buffers, layers, outputShape } = declare(model, [8, 4]);
    expect(parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ["0.weight", [6, 4]],
      ["0.bias", [6]],
      ["1.weight", [6]],
      ["1.bias", [6]],
      ["4.weight", [3, 6]],
    ]);
    expect(buffers.map(({ name, value, dtype }) => [name, value, dtype])).toEqual([
      ["1.running_mean", 0, "f32"],
      ["1.running_var", 1, "f32"],
      ["1.num_batches_tracked", 0, "i32"],
    ]);
    expect(layers.map(({ path, type }) => `${path} ${type}`)).toEqual([
      "0 linear",
      "1 batchNorm",
      "2 relu",
      "3 dropout",
      "4 linear",
      " sequential",
    ]);
    expect(outputShape).toEqual([8, 3]);
  });

  test("a bias has the fan of its weight, and takes an initializer", () => {
    const [, bias] = declare(nn.linear(2), [1, 9]).parameters;
    expect(bias?.fan).toEqual({ fanIn: 9, fanOut: 2 });
    expect(bias?.init.type).toBe("kaimingUniform");
    const [weight, zero] = declare(nn.linear(2, { weight: init.ones(), bias: init.zeros() }), [1, 9]).parameters;
    expect([weight?.init.type, zero?.init.type]).toEqual(["ones", "zeros"]);
  });

  test("evaluation is without noise and changes no statistics", () => {
    const { bufferUpdates, output, evaluated } = traced(model, [4, 3], { training: false, seed: 1 });
    const again = traced(model, [4, 3], { training: false, seed: 2 });
    expect(bufferUpdates).toEqual({});
    expect(evaluated(output)).toEqual(again.evaluated(again.output));
  });

  test("name the outputs of their layers", () => {
    const { layers, activations, output } = traced(model, [4, 3]);
    expect(layers.map((l) => l.path)).toEqual(["0", "1", "2", "3", "4", ""]);
    expect(layers.map((l) => l.container)).toEqual([false, false, false, false, false, true]);
    expect(layers[1]?.input).toBe(layers[0]?.output);
    expect(activations["4"]).toBe(output);
  });

  test("layers given by name keep their names", () => {
    const named = nn.sequential({ conv1: nn.conv2d(2, { kernelSize: 3 }), flat: nn.flatten(), fc: nn.linear(1) });
    const names = declare(named, [1, 1, 4, 4]).parameters.map(({ name }) => name);
    expect(names).toEqual(["conv1.weight", "conv1.bias", "fc.weight", "fc.bias"]);
  });

  test("print as what was written", () => {
    expect(inspect(nn.linear(3, { bias: false, weight: init.zeros() }), { breakLength: 200 })).toBe(
      "{ type: 'linear', options: { outFeatures: 3, weight: { type: 'zeros', options: {} }, bias: false } }",
    );
    expect(isLayer(model)).toBe(true);
    expect(isLayer({ type: "linear" })).toBe(false);
  });
});

describe("module", () => {
  const residual = (inner: Layer): Layer => nn.module({ inner }, ({ inner }, x) => x.add(inner(x)));

  test("a residual connection is one line", () => {
    const { output, parameters, evaluated, x } = traced(residual(nn.linear(3)), [2, 3]);
    expect(Object.keys(parameters)).toEqual(["inner.weight", "inner.bias"]);
    const product = x.matmul((parameters["inner.weight"] as Tensor).transpose());
    const [got, want] = evaluated(output, x.add(product.add(parameters["inner.bias"] as Tensor)));
    expect(got ?? []).toBeAllclose(want ?? []);
  });

  test("a layer called twice has its parameters once, and both outputs are kept", () => {
    const twice = nn.module({ fc: nn.linear(3) }, ({ fc }, x) => fc(fc(x).tanh()));
    const { parameters, layers } = traced(twice, [2, 3]);
    expect(Object.keys(parameters)).toEqual(["fc.weight", "fc.bias"]);
    expect(layers.map((l) => l.path)).toEqual(["fc", "fc (2)", ""]);
    expect(() =>
      declare(
        nn.module({ fc: nn.linear(2) }, ({ fc }, x) => fc(fc(x))),
        [2, 3],
      ),
    ).toThrow("model.fc linear: weight is [2, 3] from its first use and would be [2, 2] here");
  });

  test("running statistics of a layer called twice go through both batches", () => {
    const twice = nn.module({ bn: nn.batchNorm() }, ({ bn }, x) => bn(bn(x)));
    const { bufferUpdates, evaluated } = traced(twice, [4, 2]);
    expect(evaluated(bufferUpdates["bn.num_batches_tracked"] as Tensor)).toEqual([[2]]);
  });

  test("mistakes are named", () => {
    const forgotten = nn.module({ fc: nn.linear(2) }, (() => undefined) as never);
    expect(() => declare(forgotten, [1, 2])).toThrow("module: the function returned nothing, not a tensor");
    const misspelt = nn.module({ fc1: nn.linear(2) }, ((layers: Record<string, (x: Tensor) => Tensor>, x: Tensor) =>
      layers.fc?.(x)) as never);
    expect(() => declare(misspelt, [1, 2])).toThrow('no layer "fc"; did you mean "fc1"?');
    expect(() => nn.sequential(nn.linear(2), nn.relu as never)).toThrow(
      'sequential: layer "1" is a function; call it, as in nn.relu()',
    );
    expect(() => nn.sequential("relu" as never)).toThrow('sequential: layer "0" is relu, not a layer');
    expect(() => nn.sequential({ "a.b": nn.relu() })).toThrow('sequential: layer name "a.b" is empty or has a dot');
  });
});

describe("shape errors name the layer", () => {
  const wrong = (layer: Layer, shape: Shape, message: string) =>
    expect(() => declare(nn.sequential(nn.relu(), layer), shape)).toThrow(message);

  test("by path and type, once", () => {
    wrong(nn.conv2d(4, { kernelSize: 3 }), [8, 64], "model.1 conv2d: takes images [N, C, H, W], not [8, 64]; give the");
    wrong(
      nn.maxPool2d(9),
      [1, 1, 8, 8],
      "model.1 maxPool2d: the window spans 9, the padded image only 8 of [1, 1, 8, 8]",
    );
    wrong(
      nn.conv2d(4, { kernelSize: 3, groups: 2 }),
      [1, 3, 8, 8],
      "model.1 conv2d: 3 channels do not divide into 2 groups",
    );
    wrong(
      nn.conv2d(4, { kernelSize: 9 }),
      [1, 3, 8, 8],
      "model.1 conv2d: [1, 3, 8, 8] with weight [4, 3, 9, 9]: the kernel spans 9",
    );
    wrong(
      nn.batchNorm(),
      [1, 3],
      "model.1 batchNorm: [1, 3] has one value per channel, and so no variance; use larger batches",
    );
    const inner = nn.module({ a: nn.relu() }, ({ a }, x) => a(x).matmul(constant(1, [2, 2])));
    wrong(inner, [1, 3], "model.1 module: matmul: [1, 3] @ [2, 2]: inner sizes differ (3 against 2)");
  });

  test("options that cannot be are refused when they are given", () => {
    expect(() => nn.conv2d(4, { kernelSize: 3, padding: "same", stride: 2 })).toThrow(
      'conv2d: padding "same" takes stride 1, not [2, 2]',
    );
    expect(() => nn.maxPool2d(2, { padding: 2 })).toThrow("maxPool2d: padding = 2 is more than half of kernelSize = 2");
    expect(() => nn.dropout(1.5)).toThrow("dropout: p = 1.5 is outside [0, 1]");
    expect(() => nn.linear(3, { bais: true } as never)).toThrow('linear: unknown option "bais"; did you mean "bias"?');
  });
});

describe("dropout", () => {
  const ones = (p: number, run: Run = {}): number[] => {
    const { output, evaluated } = traced(
      nn.module({ d: nn.dropout(p) }, ({ d }, x) => d(x.mul(0).add(1))),
      [50, 40],
      run,
    );
    return evaluated(output)[0] ?? [];
  };

  test("keeps the expected value: what stays is divided by 1 - p", () => {
    const values = ones(0.25);
    expect(new Set(values)).toEqual(new Set([0, 4 / 3]));
    expect(values.filter((v) => v === 0).length / values.length).toBeCloseTo(0.25, 1);
  });

  test("drops others in every step and seed, and the same ones again for the same", () => {
    expect(ones(0.5)).toEqual(ones(0.5));
    expect(ones(0.5, { step: 2 })).not.toEqual(ones(0.5));
    expect(ones(0.5, { seed: 2 })).not.toEqual(ones(0.5));
  });

  test("two dropouts of a model are independent", () => {
    const two = nn.module({ a: nn.dropout(0.5), b: nn.dropout(0.5) }, ({ a, b }, x) => a(x).sub(b(x)));
    const { output, evaluated } = traced(two, [10, 10]);
    expect(evaluated(output)[0]?.some((v) => v !== 0)).toBe(true);
  });

  test("p 0 changes nothing and p 1 leaves nothing", () => {
    expect(new Set(ones(0))).toEqual(new Set([1]));
    expect(new Set(ones(1))).toEqual(new Set([0]));
  });
});

test("batchNorm with momentum null keeps the plain average of all batches", () => {
  const { bufferUpdates, evaluated, values } = traced(nn.batchNorm({ momentum: null }), [4, 1]);
  values.num_batches_tracked = { shape: [], dtype: "i32", data: Float64Array.of(2) };
  values.running_mean = { shape: [1], dtype: "f32", data: Float64Array.of(6) };
  values.x = { shape: [4, 1], dtype: "f32", data: Float64Array.of(1, 2, 3, 6) };
  const [mean, variance] = evaluated(bufferUpdates.running_mean as Tensor, bufferUpdates.running_var as Tensor);
  expect(mean ?? []).toBeAllclose([5]); // (6 + 6 + 3) / 3
  expect(variance ?? []).toBeAllclose([(1 + 1 + 14 / 3) / 3]);
});
