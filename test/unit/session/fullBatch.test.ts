import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { Dataset, Splits } from "../../../engine/data/index.ts";
import { NonFiniteError } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
let folder: string;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-full-batch-"));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const make = (over: object = {}) =>
  new Experiment({
    data: new Splits({ train: blobs(60), valid: blobs(40, 1000), test: blobs(30, 2000) }),
    model: nn.sequential(nn.linear(6), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.lbfgs({ maxIter: 4, lineSearchFn: "strongWolfe" }),
    seed: 3,
    ...over,
  });

/** y = 2 x0 - 3 x1 + 0.5, exactly. */
const plane = () => {
  const x = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(2 * i)] as const);
  return new Dataset({
    name: "plane",
    x: new HostTensor([40, 2], "f32", Float32Array.from(x.flat())),
    y: new HostTensor(
      [40, 1],
      "f32",
      Float32Array.from(x, ([a, b]) => 2 * a - 3 * b + 0.5),
    ),
    task: "regression",
    featureNames: ["a", "b"],
  });
};
const linear = (optimizer: object) =>
  new Experiment({ data: plane(), model: nn.linear(1), loss: loss.mse(), optimizer, batchSize: 7 });

const train = (experiment: Experiment, options: object, context = testContext(backend)): Promise<Run> =>
  inContext(context, () => experiment.fit(options));
const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

const all = [
  ["lbfgs", optim.lbfgs({ maxIter: 4, lineSearchFn: "strongWolfe" })],
  ["cg", optim.cg()],
  ["newton", optim.newton()],
] as const;

describe.each(all)("%s", (_, optimizer) => {
  test("trains over the whole set, a step at a time, with validation and test", async () => {
    const run = await train(make({ optimizer }), { epochs: 25 });
    expect(run.stopped).toBe("finished");
    expect(run.steps).toBe(25);
    expect(run.history.valid.loss?.length).toBe(25);
    expect(run.final.testAccuracy).toBeGreaterThan(0.8);
    expect(run.history.trainLoss.at(-1)).toBeLessThan(0.5 * (run.history.trainLoss[0] as number));
    expect(run.final.trainAccuracy).toBeCloseTo(
      (await train(make({ optimizer }), { steps: 25 })).final.trainAccuracy ?? 0,
      12,
    );
    expect(String(run)).toMatch(/\d+ evaluations of the whole training set/);
  });

  test("stopped and continued from its file it ends with the bits of a whole run", async () => {
    const whole = await train(make({ optimizer }), { steps: 9 });
    const stop = new AbortController();
    const experiment = make({ optimizer });
    experiment.onSteps = ({ from }) => from === 4 && stop.abort();
    const half = await train(experiment, { steps: 9 }, testContext(backend, { folder, signal: stop.signal }));
    expect(half.stopped).toBe("interrupted");
    expect(half.steps).toBe(4);
    const path = join(half.folder as string, "checkpoints", "last.safetensors");
    const rest = await train(make({ optimizer }), { steps: 9, resume: path }, testContext(backend, { folder }));
    expect(weights(rest)).toEqual(weights(whole));
    expect(rest.progress?.numbers).toEqual(whole.progress?.numbers);
  });

  test("does not depend on batchSize or on how the set is cut", async () => {
    const [a, b] = [
      await train(make({ optimizer }), { steps: 5 }),
      await train(make({ optimizer, batchSize: 7 }), { steps: 5 }),
    ];
    expect(weights(a)).toEqual(weights(b));
  });
});

test("newton solves a linear model in one step, and conjugate gradients in one for each parameter", async () => {
  const solution = [2, -3, 0.5];
  expect(weights(await train(linear(optim.newton()), { steps: 1 }))).toBeAllclose(solution, { rtol: 1e-4 });
  expect(weights(await train(linear(optim.cg()), { steps: 3 }))).toBeAllclose(solution, { rtol: 1e-4 });
});

test("an interrupt ends it within a look and keeps the step before", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 150);
  const endless = { steps: 100_000 };
  const run = await train(make({ optimizer: optim.newton() }), endless, testContext(backend, { signal: stop.signal }));
  expect(run.stopped).toBe("interrupted");
  expect(run.steps).toBeLessThan(endless.steps);
  const again = await train(make({ optimizer: optim.newton() }), { steps: Math.max(1, run.steps) });
  if (run.steps > 0) expect(weights(run)).toEqual(weights(again));
});

test("early stopping and schedules work as with other optimizers", async () => {
  const run = await train(make(), { steps: 60, earlyStopping: { patience: 2, minDelta: 0.05 } });
  expect(run.stopped).toBe("early");
  const driven = await train(make({ optimizer: optim.lbfgs({ maxIter: 2, lr: 0.5 }) }), {
    steps: 4,
    schedule: schedule.step({ stepSize: 2, gamma: 0.5 }),
  });
  expect(driven.history.lr).toEqual([0.5, 0.5, 0.25, 0.25]);
});

test("weights where the loss is not finite are not taken", async () => {
  const experiment = make({ optimizer: optim.lbfgs({ lr: 1e30, maxIter: 2 }) });
  const failed = train(experiment, { steps: 3 });
  await expect(failed).rejects.toThrow(NonFiniteError);
  await expect(failed).rejects.toThrow(
    /training stopped at step \d: lbfgs came to weights where the loss is not finite/,
  );
  expect(weights(experiment.lastRun as Run).every(Number.isFinite)).toBe(true);
});

test("what makes the loss no function of the weights is refused when the experiment is made", () => {
  expect(() => make({ model: nn.sequential(nn.linear(4), nn.dropout(0.5), nn.linear(3)) })).toThrow(
    "experiment: lbfgs takes the loss for one function of the weights, and 1 dropout makes it another one each time; leave that layer out",
  );
  expect(() => make({ model: nn.sequential(nn.linear(4), nn.batchNorm(), nn.linear(3)) })).toThrow(
    "every look would move the running statistics (1.running_mean); take a layer such as nn.layerNorm() instead",
  );
  expect(() => make({ clip: { norm: 1 } })).toThrow("experiment: lbfgs chooses its own steps; leave out clip");
});

test("what needs an update rule says so", async () => {
  await expect(train(make(), { steps: 2, instruments: "full" })).rejects.toThrow(
    "fit: instruments look between steps on minibatches, which lbfgs does not make",
  );
});
