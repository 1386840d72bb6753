import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../../engine/backends/webgpu/index.ts";
import type { Dataset } from "../../../../engine/data/index.ts";
import { Objective } from "../../../../engine/diagnostics/curvature/objective.ts";
import { gaussian, plus } from "../../../../engine/diagnostics/curvature/vectors.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import * as ops from "../../../../engine/ops/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import { DeviceModel } from "../../../../engine/session/device.ts";
import { gradientsOf, pass } from "../../../../engine/session/forward.ts";
import { Experiment } from "../../../../engine/session/index.ts";
import { initialWeights } from "../../../../engine/session/model.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { blobs } from "../../../support/blobs.ts";

const wasm = await wasmProvider.open({ threads: 2, log: () => {} });
const webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
afterAll(async () => {
  await wasm.close();
  await webgpu.close();
});
const backends = [["wasm", wasm] as const, ["webgpu", webgpu] as const];

/** Sixteen pictures of 6 x 6 pixels in three classes. */
function pictures(): Dataset {
  const set = blobs(16);
  const x = Float32Array.from({ length: 16 * 36 }, (_, i) => Math.sin(i * 1.37) + (i % 3) / 4);
  return set.with({ x: new HostTensor([16, 1, 6, 6], "f32", x) });
}

const convnet = () =>
  nn.sequential(
    nn.conv2d(3, { kernelSize: 3, padding: 1 }),
    nn.batchNorm(),
    nn.softplus(),
    nn.maxPool2d({ kernelSize: 2 }),
    nn.flatten(),
    nn.linear(3),
  );

async function withObjective(
  backend: Backend,
  {
    data,
    model,
    training,
    samples = 1000,
    batchSize = data.size,
  }: {
    data: Dataset;
    model: ReturnType<typeof convnet>;
    training: boolean;
    samples?: number;
    batchSize?: number;
  },
  work: (objective: Objective, experiment: Experiment, at: Float32Array) => Promise<void>,
): Promise<void> {
  const experiment = new Experiment({
    data,
    model,
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize,
  });
  const device = new DeviceModel(backend, experiment.config);
  const weights = initialWeights(experiment.config.model, 5);
  try {
    device.load(weights);
    const options = { samples, training, batchSize, seed: 0, stopped: () => false };
    await work(new Objective(device, data, options), experiment, weights.parameters);
  } finally {
    device.dispose();
  }
}

describe.each(backends)("on %s", (_, backend) => {
  test.each([true, false])(
    "products with the Hessian of convolution, batch norm (training %s) and max pooling are those of the f64 interpreter",
    async (training) => {
      await withObjective(
        backend,
        { data: pictures(), model: convnet(), training },
        async (objective, { config }, at) => {
          const { slices } = config.model.parameters;
          const v = gaussian(config.model.parameters, 3, 9);
          const p = pass(config, objective.data, 16, { training, ordered: false });
          const parameters = slices.map(({ name }) => p.parameters[name] as ops.Tensor);
          const slope = gradientsOf(config, p)
            .map((g, i) => ops.sum(ops.mul(g, ops.input(`v${i}`, (slices[i] as (typeof slices)[number]).shape))))
            .reduce((a, b) => ops.add(a, b));
          const part = (flat: ArrayLike<number>, { offset, size, shape }: (typeof slices)[number]) => ({
            shape,
            dtype: "f32" as const,
            data: Float64Array.from({ length: size }, (_, i) => flat[offset + i] as number),
          });
          const whole = (t: HostTensor) => ({ shape: t.shape, dtype: t.dtype, data: Float64Array.from(t.data) });
          const expected = ops.evaluate(ops.gradients(slope, parameters), {
            ...Object.fromEntries(slices.map((s) => [`parameter ${s.name}`, part(at, s)])),
            ...Object.fromEntries(slices.map((s, i) => [`v${i}`, part(Float32Array.from(v), s)])),
            ...Object.fromEntries(
              config.model.running.slices.map(({ name, shape, size }) => [
                `running ${name}`,
                { shape, dtype: "f32" as const, data: new Float64Array(size).fill(name.endsWith("var") ? 1 : 0) },
              ]),
            ),
            "sampled x": whole(objective.set.x),
            "sampled y": whole(objective.set.y),
            cursor: { shape: [], dtype: "i32", data: Float64Array.of(0) },
            "noise seed": { shape: [], dtype: "u32", data: Float64Array.of(0) },
            "noise step": { shape: [], dtype: "u32", data: Float64Array.of(1) },
          });
          const found = await objective.product(v);
          const scale = Math.max(...expected.flatMap(({ data }) => Array.from(data, Math.abs)));
          for (const [i, s] of slices.entries()) {
            expect(Array.from(part(found, s).data)).toBeAllclose(expected[i]?.data ?? [], {
              rtol: 2e-4,
              atol: 2e-5 * scale,
            });
          }
        },
      );
    },
  );
});

test("products with the Hessian agree with differences of gradients", async () => {
  const model = nn.sequential(nn.linear(6), nn.tanh(), nn.linear(3));
  await withObjective(wasm, { data: blobs(60), model, training: false }, async (objective, { config }, at) => {
    const v = gaussian(config.model.parameters, 1, 2);
    const h = 1e-2;
    const product = await objective.product(v);
    const gradientAt = async (by: number) => {
      objective.moveTo(plus(at, v, by));
      return (await objective.gradient()).gradient;
    };
    const difference = plus(await gradientAt(h), await gradientAt(-h), -1).map((x) => x / (2 * h));
    expect(product).toBeAllclose(difference, { rtol: 5e-3, atol: 2e-3 });
  });
});

test("a mean over several batches and a rest is that over all examples at once", async () => {
  const model = nn.sequential(nn.linear(5), nn.tanh(), nn.linear(3));
  const v = (o: Objective) => gaussian(o.device.config.model.parameters, 1, 2);
  const got: { loss: number; gradient: Float64Array; product: Float64Array }[] = [];
  for (const data of [blobs(600), blobs(600).rows(Array.from({ length: 600 }, (_, i) => 599 - i))]) {
    await withObjective(wasm, { data, model, training: false, batchSize: 50 }, async (objective) => {
      expect(objective.batches.map(({ batch }) => batch)).toEqual([256, 256, 88]);
      got.push({ ...(await objective.gradient()), product: await objective.product(v(objective)) });
    });
  }
  const [a, b] = got as [(typeof got)[number], (typeof got)[number]];
  expect(a.loss).toBeCloseTo(b.loss, 5);
  expect(a.gradient).toBeAllclose(b.gradient, { rtol: 1e-4, atol: 1e-6 });
  expect(a.product).toBeAllclose(b.product, { rtol: 1e-4, atol: 1e-5 });
});

test("training mode takes whole batches of the experiment's size", async () => {
  const model = nn.sequential(nn.linear(5), nn.batchNorm(), nn.tanh(), nn.linear(3));
  await withObjective(wasm, { data: blobs(100), model, training: true, batchSize: 30 }, async (objective) => {
    expect(objective.samples).toBe(90);
    const v = gaussian(objective.device.config.model.parameters, 1, 2);
    expect((await objective.product(v)).every(Number.isFinite)).toBe(true);
  });
});

test("examples are drawn without replacement, the same ones for the same seed", async () => {
  const model = nn.sequential(nn.linear(3));
  await withObjective(wasm, { data: blobs(100), model, training: false, samples: 20 }, async (objective) => {
    expect(objective.samples).toBe(20);
    const rows = Array.from({ length: 20 }, (_, i) => Array.from(objective.set.x.rows([i]).data).join());
    expect(new Set(rows).size).toBe(20);
  });
});
