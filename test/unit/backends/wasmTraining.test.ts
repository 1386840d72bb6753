import { expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { Dataset, Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { normal } from "../../../engine/random/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

const images = (n: number) =>
  new Dataset({
    name: "noise",
    x: new HostTensor([n, 3, 14, 14], "f32", normal(1, 1, n * 588)),
    y: new HostTensor(
      [n],
      "i32",
      Int32Array.from({ length: n }, (_, i) => (i * 7) % 10),
    ),
    task: "classification",
    featureNames: Array.from({ length: 588 }, (_, i) => `pixel ${i}`),
    classes: [..."0123456789"],
  });

/** The rows of all steps of a run: loss, gradient norm and what else a step reports. */
async function rowsOf(threads: number): Promise<Uint32Array[]> {
  const backend = await wasmProvider.open({ threads, log: () => {} });
  const rows: Uint32Array[] = [];
  const spied: Backend = Object.create(backend, {
    compile: {
      value: async (...args: Parameters<Backend["compile"]>) => {
        const program = await backend.compile(...args);
        const submit: typeof program.submit = async (scalars, count) => {
          const got = await program.submit(scalars, count);
          for (let i = 0; i < count; i++)
            rows.push(got.slice((i * got.length) / count, ((i + 1) * got.length) / count));
          return got;
        };
        return { submit, dispose: () => program.dispose() };
      },
    },
    deviceBytes: { get: () => backend.deviceBytes },
    lost: { get: () => backend.lost },
    alloc: { value: backend.alloc.bind(backend) },
    write: { value: backend.write.bind(backend) },
    read: { value: backend.read.bind(backend) },
  });
  const conv = (channels: number) => nn.conv2d(channels, { kernelSize: 3, padding: 1 });
  const experiment = new Experiment({
    data: new Splits({ train: images(200) }),
    model: nn.sequential(
      ...[conv(16), nn.batchNorm(), nn.relu(), nn.maxPool2d(2), conv(32), nn.batchNorm(), nn.tanh(), nn.maxPool2d(2)],
      ...[nn.flatten(), nn.dropout(0.3), nn.linear(64), nn.sigmoid(), nn.linear(10)],
    ),
    loss: loss.crossEntropy(),
    optimizer: optim.adamw({ lr: 1e-3 }),
    batchSize: 60,
    seed: 1,
  });
  await inContext(testContext(spied), () => experiment.fit({ steps: 16 }));
  await backend.close();
  return rows;
}

test("a training run has the same bits with one thread, two and three", async () => {
  const one = await rowsOf(1);
  expect(one.length).toBe(16);
  expect(await rowsOf(2)).toEqual(one);
  expect(await rowsOf(3)).toEqual(one);
});
