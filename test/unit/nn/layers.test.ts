import { describe, expect, test } from "vitest";
import { sample } from "../../../engine/init/index.ts";
import { declare, type Layer, nn } from "../../../engine/nn/index.ts";
import type { Tensor } from "../../../engine/ops/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";
import { traced } from "./traced.ts";

describe("first values are PyTorch's: U(-b, b) with b = 1 / sqrt(fanIn), the bias by its weight's", () => {
  test.each([
    ["conv1d", nn.conv1d(64, { kernelSize: 5, groups: 2 }), [1, 8, 9], [64, 4, 5], 20],
    ["conv3d", nn.conv3d(64, { kernelSize: [1, 2, 3] }), [1, 4, 3, 3, 3], [64, 4, 1, 2, 3], 24],
    // a transposed convolution's fanIn counts its output channels
    ["convTranspose2d", nn.convTranspose2d(6, { kernelSize: 3, groups: 2 }), [1, 128, 2, 2], [128, 3, 3, 3], 27],
    ["bilinear", nn.bilinear(64), [1, 9], [64, 9, 9], 9],
    ["maxout", nn.maxout(32, { pieces: 2 }), [1, 16], [64, 16], 16],
  ] as [string, Layer, Shape, Shape, number][])("%s", (_name, layer, x, shape, fanIn) => {
    const { parameters } = declare(layer, x);
    expect(parameters.map(({ name }) => name)).toEqual(["weight", "bias"]);
    expect(parameters[0]?.shape).toEqual(shape);
    const bound = 1 / Math.sqrt(fanIn);
    const drawn = parameters.map((p, stream) => sample(p.init, { shape: p.shape, seed: 1, stream, fan: p.fan }));
    for (const values of drawn) for (const v of values) expect(Math.abs(v)).toBeLessThanOrEqual(bound);
    expect(Math.max(...(drawn[0] ?? []))).toBeGreaterThan(0.95 * bound);
    expect(Math.max(...(drawn[1] ?? []).map(Math.abs))).toBeGreaterThan(0.5 * bound);
  });
});

test("containers put their layers' parameters below their own names", () => {
  const block = nn.residual(nn.linear(4), { shortcut: nn.linear(4, { bias: false }) });
  const model = nn.sequential({
    block,
    both: nn.branches({ a: nn.linear(1), b: nn.linear(2) }),
    last: nn.branches([nn.prelu()]),
  });
  const names = declare(model, [2, 3]).parameters.map(({ name }) => name);
  expect(names).toEqual([
    ...["block.inner.weight", "block.inner.bias", "block.shortcut.weight"],
    ...["both.a.weight", "both.a.bias", "both.b.weight", "both.b.bias", "last.0.weight"],
  ]);
});

test("a causal convolution's output sees no later input", () => {
  const { x, output, values, evaluated } = traced(
    nn.conv1d(2, { kernelSize: 3, dilation: 2, padding: "causal" }),
    [1, 1, 8],
  );
  const [before] = evaluated(output);
  (values[x.attrs.name as string] as { data: Float64Array }).data[5] = 9;
  const [after] = evaluated(output);
  const changed = (after ?? []).flatMap((y, i) => (y === before?.[i] ? [] : [i % 8]));
  expect(Math.min(...changed)).toBe(5);
  expect(output.shape).toEqual([1, 2, 8]);
});

test("fold adds up what unfold took apart", () => {
  const both = nn.sequential(nn.unfold(2, { stride: 2 }), nn.fold([4, 6], { kernelSize: 2, stride: 2 }));
  const { x, output, evaluated } = traced(both, [2, 3, 4, 6]);
  const [got, want] = evaluated(output, x);
  expect(got ?? []).toBeAllclose(want ?? []);
});

test("one option of those that have defaults needs no place", () => {
  expect(nn.softmax({ temperature: 2 }).options).toEqual({ dim: -1, temperature: 2 });
  expect(nn.dropout({}).options).toEqual({ p: 0.5 });
  expect(() => nn.softmax({ temprature: 2 } as never)).toThrow(
    'softmax: unknown option "temprature"; did you mean "temperature"?',
  );
});

describe("what does not fit is named", () => {
  const wrong = (layer: Layer, shape: Shape, message: string) => expect(() => declare(layer, shape)).toThrow(message);

  test("in shapes", () => {
    wrong(nn.conv1d(2, { kernelSize: 3 }), [2, 3, 4, 4], "model conv1d: takes sequences [N, C, L], not [2, 3, 4, 4]");
    wrong(nn.conv3d(2, { kernelSize: 3 }), [2, 3, 4, 4], "takes volumes [N, C, D, H, W], not [2, 3, 4, 4]");
    wrong(
      nn.convTranspose2d(2, { kernelSize: 2, padding: 3 }),
      [1, 2, 3, 3],
      "model convTranspose2d: [1, 2, 3, 3] with weight [2, 2, 2, 2]: padding 3 leaves nothing of axis 2",
    );
    wrong(nn.convTranspose1d(4, { kernelSize: 2, groups: 2 }), [1, 3, 3], "3 channels do not divide into 2 groups");
    wrong(
      nn.conv2d(2, { kernelSize: 3, padding: 4, paddingMode: "reflect" }),
      [1, 1, 4, 6],
      "model conv2d: reflect: padding 4 is more than 3, the most that axis 2 of [1, 1, 4, 6] can give",
    );
    wrong(
      nn.reflectionPad1d(-3),
      [1, 1, 4],
      "reflectionPad1d: reflect: -3 and -3 leave nothing of axis 2 of [1, 1, 4]",
    );
    wrong(
      nn.zeroPad2d([-2, -2, 0, 0]),
      [1, 1, 4, 4],
      "zeroPad2d: padding [0,-2] and [0,-2] leave nothing of [1, 1, 4, 4]",
    );
    wrong(nn.groupNorm(3), [1, 4, 2], "groupNorm: the 4 channels of [1, 4, 2] do not divide into 3 groups");
    wrong(nn.instanceNorm(), [2, 3, 1], "[2, 3, 1] has one value per channel and example, and so no variance");
    wrong(nn.pixelShuffle(2), [1, 6, 2, 2], "6 channels of [1, 6, 2, 2] are not 4 times a number");
    wrong(nn.pixelUnshuffle(2), [1, 6, 3, 2], "[1, 6, 3, 2] does not divide into squares of 2");
    wrong(nn.unfold(5), [1, 1, 4, 4], "windows of [5,5] do not fit into [1, 1, 4, 4]");
    wrong(
      nn.fold([4, 4], { kernelSize: 2 }),
      [1, 4, 8],
      "[1, 4, 8] is not [N, C 2 2, 3 3], the windows of images of [4, 4]",
    );
    wrong(nn.unflatten([2, 4]), [1, 6], "the 6 numbers of axis 1 of [1, 6] are not [2, 4]");
    wrong(nn.reshape([4, -1]), [2, 6], "examples of [6] do not fit into [4, -1]");
    wrong(nn.permute([1, 0]), [2, 6], "[1, 0] is no order of the 2 axes of [2, 6] with the examples first");
    wrong(
      nn.upsample({ size: [2, 2] }),
      [1, 1, 4],
      "size [2, 2] has not one length for each spatial axis of [1, 1, 4]",
    );
    wrong(nn.upsample({ mode: "bilinear" }), [1, 1, 4], 'mode "bilinear" takes 4 axes, not [1, 1, 4]');
    wrong(nn.upsample({ scaleFactor: 0.1 }), [1, 1, 4], "scaleFactor = 0.1 leaves nothing of [1, 1, 4]");
    wrong(
      nn.residual(nn.linear(3)),
      [2, 4],
      "inner makes [2, 3], and the sum takes [2, 4]; give a shortcut that does the same",
    );
  });

  test("in options", () => {
    expect(() => nn.convTranspose2d(2, { kernelSize: 3, stride: 2, outputPadding: 2 })).toThrow(
      "convTranspose2d: outputPadding = 2 is not below stride 2 or dilation 1",
    );
    expect(() => nn.conv3d(4, { kernelSize: 3, groups: 3 })).toThrow(
      "conv3d: outChannels = 4 does not divide into 3 groups",
    );
    expect(() => nn.conv1d(4, { kernelSize: 3, padding: "full" as never })).toThrow(
      'conv1d: padding = "full" is not one of',
    );
    expect(() => nn.conv3d(4, { kernelSize: [3, 3] as never })).toThrow(
      "conv3d: kernelSize must be a whole number or [depth, height, width], not [3, 3]",
    );
    expect(() => nn.constantPad2d([1, 2], { value: 0 })).toThrow(
      "constantPad2d: padding takes a number or 4 of them, not [1, 2]",
    );
    expect(() => nn.upsample({ size: 2, scaleFactor: 2 })).toThrow("upsample: takes size or scaleFactor, not both");
    expect(() => nn.upsample({ alignCorners: true })).toThrow(
      'alignCorners is for interpolation, not for mode "nearest"',
    );
    expect(() => nn.branches([])).toThrow("branches: takes at least one layer");
    expect(() => nn.branches([nn.relu as never])).toThrow(
      'branches: layer "0" is a function; call it, as in nn.relu()',
    );
    expect(() => nn.residual("relu" as never)).toThrow(
      'residual: inner must be a layer, such as nn.linear(10), not "relu"',
    );
  });
});

test("bilinear's second input may be left out, and must have the first one's examples", () => {
  const { output, x, parameters, evaluated } = traced(nn.bilinear(1, { bias: false }), [1, 2]);
  const [[y = 0] = [], [a = 0, b = 0] = [], [p = 0, q = 0, r = 0, s = 0] = []] = evaluated(
    output,
    x,
    parameters.weight as Tensor,
  );
  expect(y).toBeCloseTo(p * a * a + (q + r) * a * b + s * b * b, 10);
  expect(() => traced(nn.bilinear(1), [3, 2], { inputs: { x2: [2, 2] } })).toThrow(
    "[3, 2] and x2 [2, 2] differ beside the last axis",
  );
});
