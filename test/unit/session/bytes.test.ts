import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { Dataset, Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { ByteTensor, HostTensor, unitLevels } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

/** Pictures of three kinds, with a pattern in each; as bytes or spread out. */
function pictures(count: number, shape: readonly number[], plain: boolean): Dataset {
  const size = shape.reduce((a, b) => a * b, 1);
  const bytes = Uint8Array.from({ length: count * size }, (_, i) => {
    const example = Math.floor(i / size);
    return (i * 89 + ((i % size) % 3 === example % 3 ? 120 : 0)) % 256;
  });
  const packed = new ByteTensor([count, ...shape], bytes, unitLevels());
  const x = plain ? new HostTensor(packed.shape, "f32", packed.data.slice()) : packed;
  const y = new HostTensor(
    [count],
    "i32",
    Int32Array.from({ length: count }, (_, i) => i % 3),
  );
  return new Dataset({ name: "pictures", x, y, task: "classification", featureNames: [], classes: ["a", "b", "c"] });
}

describe.each([
  ["wasm", wasmProvider],
  ["webgpu", webgpuProvider],
] as const)("examples kept as bytes, on %s", (_, provider) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await provider.open({ threads: 2, log: () => {} });
  });
  afterAll(async () => {
    await backend.close();
  });

  const train = async (plain: boolean, shape: readonly number[], how?: "standardize") => {
    const part = (count: number) => pictures(count, shape, plain);
    const given = new Splits({ train: part(770), valid: part(50), test: part(30) });
    const data = how ? given.normalize(how) : given;
    const experiment = new Experiment({
      data,
      model: nn.sequential(nn.conv2d(4, { kernelSize: 3, padding: 1 }), nn.relu(), nn.flatten(), nn.linear(3)),
      loss: loss.crossEntropy(),
      metrics: [metrics.accuracy()],
      optimizer: optim.sgd({ lr: 0.02, momentum: 0.9 }),
      batchSize: 40,
      seed: 3,
    });
    const run: Run = await inContext(testContext(backend), () => experiment.fit({ epochs: 2 }));
    const predicted = await inContext(testContext(backend), () => run.predict(data.train.rows([3, 1]).x));
    return [
      run.final,
      run.history.trainLoss,
      Object.values(run.stateDict()).map((t) => [...t.data]),
      predicted.toArray(),
    ];
  };

  test.each([
    ["rows of whole words", [1, 4, 4], undefined],
    ["rows that end within a word", [1, 3, 5], undefined],
    ["channels scaled by statistics of every place", [2, 3, 3], "standardize"],
  ] as const)("train to the bits of plain storage: %s", async (_, shape, how) => {
    expect(await train(false, shape, how)).toEqual(await train(true, shape, how));
  });
});
