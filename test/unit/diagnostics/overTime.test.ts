import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import "../../../engine/diagnostics/index.ts";
import { noiseOf } from "../../../engine/diagnostics/gradientNoise/gradientNoise.ts";
import { batchNormGap } from "../../../engine/diagnostics/overTime/batchNormGap.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { evaluate, type Tensor, type Values } from "../../../engine/ops/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { type DeviceData, gradientsOf, pass } from "../../../engine/session/forward.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { initialWeights, type Weights } from "../../../engine/session/model.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";
import { pictures } from "../../support/pictures.ts";

const make = (over: object = {}) =>
  new Experiment({
    data: pictures(70),
    model: nn.sequential(
      nn.conv2d(4, { kernelSize: 3, padding: 1 }),
      nn.batchNorm(),
      nn.relu(),
      nn.flatten(),
      nn.linear(8),
      nn.tanh(),
      nn.linear(3),
    ),
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1, momentum: 0.9 }),
    batchSize: 16,
    seed: 5,
    ...over,
  });

/** Values in f64 of graphs over a pass of the experiment, by the interpreter. */
function reference(
  exp: Experiment,
  weights: Weights,
  batch: { cursor: number; training?: boolean },
  graphs: (forward: ReturnType<typeof pass>) => Tensor[],
): Float64Array[] {
  const { train } = exp.splits;
  const { batchSize } = exp.options;
  const data: DeviceData = {
    name: "train",
    count: train.size,
    x: { shape: train.x.shape.slice(1), dtype: "f32" },
    y: { shape: train.y.shape.slice(1), dtype: train.y.dtype },
  };
  const forward = pass(exp.config, data, batchSize, { training: batch.training ?? true, ordered: true });
  const values = (shape: readonly number[], dtype: Values["dtype"], source: ArrayLike<number>): Values => ({
    shape,
    dtype,
    data: Float64Array.from(source),
  });
  const { parameters, running } = exp.config.model;
  const floats = new Float32Array(weights.running.buffer, weights.running.byteOffset, weights.running.length);
  const inputs: Record<string, Values> = {
    order: values([train.size], "i32", exp.epochOrder(0)),
    cursor: values([], "i32", [batch.cursor]),
    "noise seed": values([], "u32", [exp.options.seed]),
    "noise step": values([], "u32", [1]),
    "train x": values(train.x.shape, "f32", train.x.data),
    "train y": values(train.y.shape, train.y.dtype, train.y.data),
    ...Object.fromEntries(
      parameters.slices.map((s) => [
        `parameter ${s.name}`,
        values(s.shape, "f32", weights.parameters.subarray(s.offset, s.offset + s.size)),
      ]),
    ),
    ...Object.fromEntries(
      running.slices.map((s) => [
        `running ${s.name}`,
        values(s.shape, s.dtype, (s.dtype === "f32" ? floats : weights.running).subarray(s.offset, s.offset + s.size)),
      ]),
    ),
  };
  return evaluate(graphs(forward), inputs).map(({ data: found }) => Float64Array.from(found));
}

const mean = (v: ArrayLike<number>) => Array.from(v).reduce((a, b) => a + b, 0) / v.length;
const std = (v: ArrayLike<number>) => Math.sqrt(mean(Array.from(v, (x) => (x - mean(v)) ** 2)));
const norm = (v: ArrayLike<number>) => Math.hypot(...Array.from(v));

describe.each([wasmProvider, webgpuProvider])("on $name", (provider) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await provider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());
  const cell = <T>(work: () => Promise<T>) => inContext(testContext(backend), work);

  test("looks report what the interpreter computes in f64 of the same step", async () => {
    const exp = make();
    const run = await cell(() => exp.fit({ steps: 2, instruments: "full" }));
    const seen = run.instruments;
    expect(seen?.steps).toEqual([0, 1, 2]);
    const weights = initialWeights(exp.config.model, 5);
    const names = exp.config.model.parameters.slices.map((s) => s.name);
    const at = (path: string) => seen?.layers.find((layer) => layer.path === path);
    const leaves = ["0", "1", "2", "4", "5", "6"];
    const outputs = reference(exp, weights, { cursor: 0 }, ({ activations }) =>
      leaves.map((path) => activations[path] as Tensor),
    );
    for (const [i, path] of leaves.entries()) {
      const own = outputs[i] as Float64Array;
      const layer = at(path);
      expect([layer?.series("mean")[0]], path).toBeAllclose([mean(own)], { rtol: 1e-4, atol: 1e-6 });
      expect([layer?.series("std")[0]], path).toBeAllclose([std(own)], { rtol: 1e-4 });
      const nearZero = own.filter((v) => Math.abs(v) < 1e-3).length / own.length;
      expect(layer?.series("nearZero")[0]).toBeCloseTo(nearZero, 3);
      expect(mean(layer?.histogram(0) ?? []) * 34).toBeCloseTo(1, 4);
    }
    // tanh's inputs are the outputs of the layer before it
    const flat = Array.from(outputs[3] as Float64Array, (v) => (Math.abs(v) > 3 ? 1 : 0));
    expect(at("5")?.saturated[0]).toBeCloseTo(mean(flat), 5);
    expect(at("2")?.saturated[0]).toBeNaN();

    const gradients = reference(exp, weights, { cursor: 0 }, (forward) => gradientsOf(exp.config, forward));
    for (const [i, name] of names.entries()) {
      const own = gradients[i] as Float64Array;
      const parameter = seen?.parameters.find((p) => p.name === name);
      const initial = exp.config.model.parameters.slices[i];
      const values = weights.parameters.subarray(initial?.offset, (initial?.offset ?? 0) + (initial?.size ?? 0));
      expect([parameter?.norm[0]], name).toBeAllclose([norm(values)], { rtol: 1e-5 });
      // a bias in front of batch norm has no gradient but rounding
      if (name === "0.bias") continue;
      expect([parameter?.gradientNorm[1]], name).toBeAllclose([norm(own)], { rtol: 1e-3 });
      expect([parameter?.gradientMaxAbs[1]], name).toBeAllclose([Math.max(...own.map(Math.abs))], { rtol: 1e-3 });
      expect([parameter?.gradientMeanAbs[1]], name).toBeAllclose([mean(own.map(Math.abs))], { rtol: 1e-3 });
      // the first step of momentum is plain: lr g
      expect([parameter?.updateNorm[1]], name).toBeAllclose([0.1 * norm(own)], { rtol: 2e-3 });
      expect(parameter?.updateCosine[1]).toBeNaN();
      expect(Math.abs(parameter?.updateCosine[2] ?? 9)).toBeLessThanOrEqual(1.0001);
      expect(parameter?.gradientNorm[0]).toBeNaN();
    }
    const batchNorm = seen?.norms[0];
    const before = outputs[0] as Float64Array;
    const channel = Array.from(before).filter((_, i) => Math.floor(i / 36) % 4 === 2);
    expect(batchNorm?.channel("batchMean", 0)[2]).toBeCloseTo(mean(channel), 4);
    expect(batchNorm?.channel("batchVar", 0)[2]).toBeCloseTo(std(channel) ** 2, 3);
    expect([...(batchNorm?.channel("gamma", 0) ?? [])]).toEqual([1, 1, 1, 1]);
    const moved = 0.1 * mean(channel);
    expect(batchNorm?.channel("runningMean", 1)[2]).toBeCloseTo(moved, 4);
  });

  test("the gradient's noise is that of the batches' gradients in f64", async () => {
    const exp = make({ model: nn.sequential(nn.flatten(), nn.linear(8), nn.tanh(), nn.linear(3)) });
    const weights = initialWeights(exp.config.model, 5);
    const each = [0, 16, 32, 48].map((cursor) =>
      reference(exp, weights, { cursor }, (forward) => gradientsOf(exp.config, forward)).flatMap((g) => [...g]),
    );
    const average = (each[0] as number[]).map((_, k) => mean(each.map((g) => g[k] as number)));
    const meanSquared = norm(average) ** 2;
    const distances = each.reduce((sum, g) => sum + norm(g.map((v, k) => v - (average[k] as number))) ** 2, 0);
    const wanted = noiseOf(meanSquared, distances, 4, 16);
    const found = await cell(() => exp.inspect.gradientNoise({ batches: 4 }));
    expect([found.trace]).toBeAllclose([wanted.trace], { rtol: 1e-3 });
    expect([found.gradientSquared]).toBeAllclose([wanted.gradientSquared], { rtol: 1e-3 });
    expect(found.layers.reduce((sum, layer) => sum + layer.trace, 0)).toBeCloseTo(found.trace, 4);
  });

  test("the loss with running statistics is that of evaluation, and that with the batch's has no dropout", async () => {
    const model = nn.sequential(nn.flatten(), nn.linear(8), nn.batchNorm(), nn.dropout(0.5), nn.linear(3));
    const exp = make({ model, batchSize: 35 });
    const run = await cell(() => exp.fit({ epochs: 2 }));
    const gap = await batchNormGap(exp, run.weights, testContext(backend));
    const evaluated = await cell(() => run.evaluate(exp.splits.train));
    expect([gap.runningLoss]).toBeAllclose([evaluated.loss as number], { rtol: 1e-5 });
    expect(gap.examples).toBe(70);
    const calm = make({
      model: nn.sequential(nn.flatten(), nn.linear(8), nn.batchNorm(), nn.identity(), nn.linear(3)),
      batchSize: 35,
    });
    const losses = [0, 35].map(
      (cursor) => reference(calm, run.weights, { cursor }, (forward) => [forward.loss])[0]?.[0] ?? 0,
    );
    expect([gap.batchLoss]).toBeAllclose([mean(losses)], { rtol: 1e-4 });
  });

  test("the changes of layers that do not meet add up, and the gradient promises them", async () => {
    const exp = make({ model: nn.sequential(nn.flatten(), nn.linear(3)), optimizer: optim.sgd({ lr: 1e-3 }) });
    const found = await cell(() => exp.inspect.updateInterference());
    expect(found.interaction).toBeCloseTo(0, 6);
    const [layer] = found.layers;
    expect([layer?.change]).toBeAllclose([layer?.promised ?? 0], { rtol: 0.05 });
    expect(found.together).toBeLessThan(0);
  });
});
