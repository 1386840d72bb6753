import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { type Dataset, data as sources } from "../../../engine/data/index.ts";
import "../../../engine/diagnostics/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { type Layer, nn } from "../../../engine/nn/index.ts";
import { type Optimizer, optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(() => backend.close());

const csv = (name: string, task?: "regression") =>
  sources.csv(`test/fixtures/data/${name}.csv`, task ? { target: "y", task } : { target: "y" });

/** Targets of mean 0 and deviation 1. */
function standardized(set: Dataset): Dataset {
  const values = Array.from(set.y.data);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const std = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  return set.with({
    y: new HostTensor(
      set.y.shape,
      "f32",
      Float32Array.from(values, (v) => (v - mean) / std),
    ),
  });
}

const first = (n: number) => Array.from({ length: n }, (_, i) => i);

interface Task {
  data: () => Promise<Dataset>;
  model: () => Layer;
  loss: object;
  optimizers: readonly string[];
  epochs: number;
  batchSize: number;
}

const tasks: Record<string, Task> = {
  "a perceptron on digits": {
    data: async () => (await csv("digits")).normalize({ scale: 1 / 16 }),
    model: () => nn.sequential(nn.linear(64), nn.relu(), nn.linear(32), nn.relu(), nn.linear(10)),
    loss: loss.crossEntropy(),
    optimizers: ["sgd", "sgd with momentum", "adam"],
    epochs: 10,
    batchSize: 64,
  },
  "a convolutional net with batch norm on digits": {
    data: async () =>
      (await csv("digits"))
        .normalize({ scale: 1 / 16 })
        .reshape([1, 8, 8])
        .rows(first(800)),
    model: () =>
      nn.sequential(
        nn.conv2d(4, { kernelSize: 3, padding: 1, bias: false }),
        nn.batchNorm(),
        nn.relu(),
        nn.maxPool2d(2),
        nn.conv2d(8, { kernelSize: 3, padding: 1, bias: false }),
        nn.batchNorm(),
        nn.relu(),
        nn.maxPool2d(2),
        nn.flatten(),
        nn.linear(10),
      ),
    loss: loss.crossEntropy(),
    optimizers: ["sgd with momentum", "adam"],
    epochs: 8,
    batchSize: 32,
  },
  "a regression on diabetes": {
    data: async () => standardized((await csv("diabetes", "regression")).normalize("standardize")),
    model: () => nn.sequential(nn.linear(32), nn.relu(), nn.linear(1)),
    loss: loss.mse(),
    optimizers: ["sgd with momentum", "adam"],
    epochs: 20,
    batchSize: 32,
  },
  "a perceptron on wine": {
    data: async () => (await csv("wine")).normalize("standardize"),
    model: () => nn.sequential(nn.linear(16), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizers: ["sgd", "sgd with momentum", "adam"],
    epochs: 20,
    batchSize: 32,
  },
};

const optimizers: Record<string, () => Optimizer> = {
  sgd: () => optim.sgd({ lr: 1e-3 }),
  "sgd with momentum": () => optim.sgd({ lr: 1e-3, momentum: 0.9 }),
  adam: () => optim.adam({ lr: 1e-3 }),
};

/** Over all that is ever used, closer where the best ones lie. */
const SWEEP = [1e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

describe.each(Object.entries(tasks))("%s", (_, task) => {
  test.each(task.optimizers)("the suggested rate ends within a twentieth of the best of a sweep: %s", async (name) => {
    const { data, model, epochs, optimizers: _, ...others } = task;
    const optimizer = optimizers[name]?.();
    const experiment = new Experiment({ ...others, data: await data(), model: model(), optimizer, seed: 1 });
    await inContext(testContext(backend), async () => {
      const { suggestion, loss: losses } = await experiment.findLearningRate();
      const rate = suggestion as number;
      const sweep = await experiment.lrSweep({ lrs: [...SWEEP, rate], seeds: 2, epochs });
      // of what training lowers the loss by: losses of tasks that are learnt by heart go to 0, where ratios say nothing
      const gap = (ends: readonly number[]) => {
        const best = Math.min(...ends.filter((_, i) => sweep.lrs[i] !== rate));
        return ((ends[sweep.lrs.indexOf(rate)] as number) - best) / ((losses[0] as number) - best);
      };
      expect(gap(sweep.training), `${rate} of ${sweep.lrs}: ${sweep.training}`).toBeLessThan(0.05);
    });
  });
});
