import { afterAll, expect, test } from "vitest";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import "../../../../engine/diagnostics/index.ts";
import { Splits } from "../../../../engine/data/index.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { metrics } from "../../../../engine/metrics/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import { DeviceModel } from "../../../../engine/session/device.ts";
import { Experiment, inContext } from "../../../../engine/session/index.ts";
import { initialWeights } from "../../../../engine/session/model.ts";
import { blobs } from "../../../support/blobs.ts";
import { testContext } from "../../../support/context.ts";

const wasm = await wasmProvider.open({ threads: 2, log: () => {} });
afterAll(() => wasm.close());
const inCell = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(wasm), work);

const make = (over: object = {}) =>
  new Experiment({
    data: new Splits({ train: blobs(120), valid: blobs(40, 500) }),
    model: nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.2 }),
    batchSize: 20,
    ...over,
  });

test("the ends of the line are the two runs, as they evaluate themselves", async () => {
  const [a, b] = [
    await inCell(() => make().fit({ epochs: 3 })),
    await inCell(() => make({ seed: 4 }).fit({ epochs: 3 })),
  ];
  const line = await inCell(() => a.landscape1d({ to: b, points: 21 }));
  const at = (alpha: number) => line.alpha.findIndex((x) => Math.abs(x - alpha) < 1e-9);
  for (const [run, alpha] of [
    [a, 0],
    [b, 1],
  ] as const) {
    const sets = make().splits;
    for (const [k, set] of [sets.train, sets.valid].entries()) {
      const own = await inCell(() => run.evaluate(set as typeof sets.train));
      expect(line.parts[k]?.loss[at(alpha)]).toBeCloseTo(own.loss as number, 5);
      expect(line.parts[k]?.metrics[0]?.[at(alpha)]).toBeCloseTo(own.accuracy as number, 6);
    }
  }
  expect(line.parts.map(({ name }) => name)).toEqual(["train", "validation"]);
});

test("a point between is the loss of the mean of the weights and of the running statistics", async () => {
  const [a, b] = [
    await inCell(() => make().fit({ epochs: 3 })),
    await inCell(() => make({ seed: 4 }).fit({ epochs: 3 })),
  ];
  const line = await inCell(() => a.landscape1d({ to: b, points: 3, range: [0, 1] }));
  const mean = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Float32Array.from(x, (value, i) => value + 0.5 * ((y[i] as number) - value));
  const floats = (words: Uint32Array) => new Float32Array(words.buffer, words.byteOffset, words.length);
  const running = new Uint32Array(mean(floats(a.weights.running), floats(b.weights.running)).buffer);
  const device = new DeviceModel(wasm, a.config);
  device.load({ parameters: mean(a.weights.parameters, b.weights.parameters), running });
  const { loss: expected } = await device.evaluate(device.upload("train", a.experiment.splits.train));
  device.dispose();
  expect(line.parts[0]?.loss[1]).toBeCloseTo(expected as number, 4);
});

test("statistics measured anew are those that training without momentum would keep", async () => {
  // momentum null keeps the plain average over batches: one epoch at rate 0 measures it
  const measuring = make({
    model: nn.sequential(nn.linear(8), nn.batchNorm({ momentum: null }), nn.relu(), nn.linear(3)),
    optimizer: optim.sgd({ lr: 0 }),
    batchSize: 120,
  });
  const measured = await inCell(() => measuring.fit({ epochs: 1 }));
  const own = (await inCell(() => measured.evaluate(measuring.splits.train))).loss as number;
  const usual = await inCell(() => make().fit({ epochs: 1 }));
  const line = await inCell(() => usual.landscape1d({ points: 3, range: [0, 1], batchNorm: "recompute" }));
  expect(line.parts[0]?.loss[0]).toBeCloseTo(own, 5);
  const interpolated = await inCell(() => usual.landscape1d({ points: 3, range: [0, 1] }));
  expect(interpolated.parts[0]?.loss[0]).not.toBeCloseTo(own, 2);
});

test("a barrier is measured against the straight line between the ends, and named", async () => {
  // the same net with its hidden units in another order: equal ends, a rise between
  const exp = make({ model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)) });
  const [a, b] = [
    await inCell(() => exp.fit({ epochs: 20 })),
    await inCell(() =>
      make({ seed: 9, model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)) }).fit({ epochs: 20 }),
    ),
  ];
  const line = await inCell(() => a.landscape1d({ to: b, points: 41 }));
  const losses = line.parts[0]?.loss ?? [];
  const [start, end] = [losses[10] as number, losses[30] as number];
  const rises = losses.slice(10, 31).map((x, i) => x - (start + ((end - start) * i) / 20));
  expect(line.barrier.height).toBeCloseTo(Math.max(...rises), 9);
  expect(String(line)).toContain(line.barrier.height > 0.02 * Math.max(start, end) ? "A barrier of" : "No barrier");
});

test("the line to the start begins at the initial weights", async () => {
  const run = await inCell(() => make().fit({ epochs: 2 }));
  const line = await inCell(() => run.landscape1d({ points: 5, range: [0, 1] }));
  expect([line.from, line.to]).toEqual(["start", run.name]);
  const initial = initialWeights(run.config.model, run.experiment.options.seed);
  const distance = Math.hypot(...initial.parameters.map((x, i) => x - (run.weights.parameters[i] as number)));
  expect(line.distance).toBeCloseTo(distance, 4);
});

test("runs of other models are refused", async () => {
  const a = await inCell(() => make().fit({ steps: 1 }));
  const b = await inCell(() => make({ model: nn.sequential(nn.linear(9), nn.relu(), nn.linear(3)) }).fit({ steps: 1 }));
  await expect(inCell(() => a.landscape1d({ to: b }))).rejects.toThrow("has other weights");
  await expect(inCell(() => a.landscape1d({ range: [1, 1] }))).rejects.toThrow("range ends at 1");
});
