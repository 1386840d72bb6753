import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { CheckpointError } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import "../../../engine/diagnostics/index.ts";
import "../../support/allclose.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const data = blobs(70); // steps of 16, 16, 16, 16 and 6

const make = (over: object = {}) =>
  new Experiment({
    data,
    model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adam({ lr: 0.02 }),
    batchSize: 4,
    accumulate: 4,
    seed: 3,
    ...over,
  });

const whole = { batchSize: 16, accumulate: 1 };

test("what cannot be is refused", () => {
  expect(() => make({ accumulate: 0 })).toThrow("experiment: accumulate = 0 is outside [1, inf)");
  expect(() => make({ accumulate: 18 })).toThrow(
    "experiment: accumulate = 18 batches of 4 are more than the 70 training examples; take 17 or less",
  );
});

describe.each(["wasm", "webgpu"])("on %s", (name) => {
  let backend: Backend;
  let folder: string;

  beforeAll(async () => {
    const provider = { wasm: wasmProvider, webgpu: webgpuProvider }[name] as typeof wasmProvider;
    backend = await provider.open({ threads: 2, log: () => {} });
    folder = mkdtempSync(join(tmpdir(), "dlnb-accumulate-"));
  });
  afterAll(async () => {
    await backend.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend, { folder }), work);
  const train = (experiment: Experiment, options: object): Promise<Run> => inside(() => experiment.fit(options));
  const parameters = (run: Run) => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

  test.each([
    ["a mean loss", {}],
    ["a summed loss", { loss: loss.crossEntropy({ reduction: "sum" }), optimizer: optim.sgd({ lr: 1e-3 }) }],
    ["clipping, after all batches", { clip: { norm: 0.1 } }],
    ["an epoch's last step left out", { dropLast: true }],
  ])("four batches of 4 train as one of 16: %s", async (_, over) => {
    const options = { epochs: 3, schedule: schedule.cosine() };
    const one = await train(make({ ...whole, ...over }), options);
    const four = await train(make(over), options);
    expect(four.steps).toBe(one.steps);
    expect(parameters(four)).toBeAllclose(parameters(one), { rtol: 1e-4, atol: 1e-5 });
    expect(four.history.trainLoss).toBeAllclose(one.history.trainLoss, { rtol: 1e-4 });
    expect(four.history.gradientNorm).toBeAllclose(one.history.gradientNorm, { rtol: 1e-3, atol: 1e-5 });
    expect(four.history.train.accuracy).toBeAllclose(one.history.train.accuracy ?? [], { rtol: 1e-6 });
  });

  test("batch norm sees each batch by itself, and its running statistics all of them in their order", async () => {
    const model = nn.sequential(nn.batchNorm({ affine: false }), nn.linear(3));
    const over = { model, optimizer: optim.sgd({ lr: 0 }), shuffle: false };
    const four = (await train(make(over), { steps: 2 })).stateDict();
    const alone = (await train(make({ ...over, accumulate: 1 }), { steps: 8 })).stateDict();
    for (const key of ["0.running_mean", "0.running_var", "0.num_batches_tracked"]) {
      expect(four[key]?.data).toEqual(alone[key]?.data);
    }
  });

  test("dropout draws anew for every batch, and no step draws what another drew", async () => {
    const model = nn.sequential(nn.linear(8), nn.dropout(0.5), nn.linear(3));
    const over = { model, optimizer: optim.sgd({ lr: 0 }), shuffle: false };
    const four = await train(make(over), { steps: 4 });
    const alone = await train(make({ ...over, accumulate: 1 }), { steps: 16 });
    const means = Array.from({ length: 4 }, (_, i) => {
      return alone.history.trainLoss.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0) / 4;
    });
    expect(four.history.trainLoss).toBeAllclose(means, { rtol: 1e-5 });
  });

  test("a run goes on within an epoch to the bits of an uninterrupted one, and only with as many batches", async () => {
    const options = { steps: 9, schedule: schedule.cosine() };
    const whole9 = parameters(await train(make(), options));
    const half = await train(make(), { ...options, steps: 3, schedule: schedule.cosine({ tMax: 9, per: "step" }) });
    expect(half.steps).toBe(3);
    expect(parameters(await train(make(), { ...options, resume: half }))).toEqual(whole9);
    await expect(train(make({ accumulate: 2 }), { ...options, resume: half })).rejects.toThrow(CheckpointError);
    await expect(train(make({ accumulate: 2 }), { ...options, resume: half })).rejects.toThrow(
      "accumulate is 4 there and 2 here",
    );
  });

  test("replicas accumulate as fit does", async () => {
    const found = await inside(() => make().replicas({ seeds: 2, epochs: 2 }));
    for (const run of found.runs as Run[]) {
      const again = await train(make({ seed: run.experiment.options.seed }), { epochs: 2 });
      expect(parameters(again)).toBeAllclose(parameters(run), { rtol: 1e-4, atol: 1e-6 });
      if (name === "wasm") expect(parameters(again)).toEqual(parameters(run));
    }
  });

  test("a batch that is not finite stops its whole step, and is named", async () => {
    const broken = data.x.rows(Array.from({ length: 70 }, (_, i) => i));
    broken.data[4 * 25] = Number.NaN;
    const experiment = make({ data: data.with({ x: broken }), shuffle: false });
    await expect(train(experiment, { steps: 4 })).rejects.toThrow("batch 3 of the step's 4");
    expect(experiment.lastRun?.steps).toBe(1);
  });
});
