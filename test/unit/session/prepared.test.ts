import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { type Dataset, data, type Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
let folder: string;

beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-prepared-"));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const raw = (seed: number): Splits => blobs(120).split({ valid: 20, test: 20, seed });
const ready = (seed: number): Splits => raw(seed).transform(data.standardize(), data.pca({ k: 3 }));
const make = (sets: Splits | Dataset) =>
  new Experiment({
    data: sets,
    model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.adamw({ lr: 1e-2 }),
  });

test("raw examples go through the transforms of the training data, those that have been through them do not", async () => {
  const [sets, before] = [ready(1), raw(1).test as Dataset];
  await inContext(testContext(backend, { folder }), async () => {
    const run = await make(sets).fit({ epochs: 1 });
    const held = sets.test as Dataset;
    const said = [...(await run.predict(held)).data];
    expect([...(await run.predict(held.x)).data]).toEqual(said);
    expect([...(await run.predict(held.x.rows([0, 1, 2]))).data]).toEqual(said.slice(0, 9));
    expect([...(await run.predict(before)).data]).toEqual(said);
    // numbers of unknown origin are raw
    expect([...(await run.predict(new HostTensor(before.x.shape, "f32", before.x.data))).data]).toEqual(said);
    expect(await run.evaluate(before)).toEqual(await run.evaluate(held));
  });
});

test("a checkpoint keeps what the transforms learnt, whatever split it is loaded into", async () => {
  const before = raw(1).test as Dataset;
  await inContext(testContext(backend, { folder }), async () => {
    const run = await make(ready(1)).fit({ epochs: 1 });
    const path = run.save("prepared.safetensors");
    const elsewhere = make(ready(2));
    const loaded = elsewhere.load(path);
    expect([...(await loaded.predict(before)).data]).toEqual([...(await run.predict(before)).data]);
    await expect(loaded.predict(elsewhere.splits.test as Dataset)).rejects.toThrow(
      "predict: these examples went through other transforms than those the run was trained on (standardize; pca, 4 columns to 3); give raw ones, as they were read",
    );
  });
});

test("examples of other columns are told from those of training", async () => {
  await inContext(testContext(backend, { folder }), async () => {
    const run = await make(ready(1)).fit({ steps: 1 });
    const other = blobs(5).with({ featureNames: ["a", "b", "x", "d"] });
    await expect(run.predict(other)).rejects.toThrow(
      'predict: column 3 is "x" and was "c" in training; give the same columns in the same order',
    );
    await expect(run.predict(new HostTensor([1, 3], "f32", new Float32Array(3)))).rejects.toThrow(
      "standardize: examples have 3 columns where it was fitted to 4",
    );
  });
});

test("raw images take the shape of the training images", async () => {
  const images = raw(1).transform(data.center()).reshape([1, 2, 2]);
  await inContext(testContext(backend, { folder }), async () => {
    const run = await new Experiment({
      data: images,
      model: nn.sequential(nn.conv2d(2, { kernelSize: 2 }), nn.flatten(), nn.linear(3)),
      loss: loss.crossEntropy(),
      optimizer: optim.sgd({ lr: 0.1 }),
    }).fit({ steps: 1 });
    expect((await run.predict(raw(1).test as Dataset)).data).toEqual((await run.predict(images.test as Dataset)).data);
  });
});
