import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { globals } from "../../../engine/library.ts";
import { inContext } from "../../../engine/session/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";
import { pictures } from "../../support/pictures.ts";

const { experiment, loss, metrics, nn, optim } = globals;
const data = pictures(96);

/** One of each kind of layer that moves, mixes or drops pixels, from pictures [1, 6, 6] to three classes. */
const model = nn.sequential(
  nn.conv2d(6, { kernelSize: 3, padding: 1, paddingMode: "reflect" }),
  nn.groupNorm(2),
  nn.silu(),
  nn.residual(nn.sequential(nn.conv2d(6, { kernelSize: 3, padding: "same" }), nn.relu(), nn.stochasticDepth(0.1))),
  nn.branches({ large: nn.avgPool2d(2), small: nn.sequential(nn.maxPool2d(2), nn.instanceNorm({ affine: true })) }),
  nn.dropout2d(0.1),
  nn.convTranspose2d(4, { kernelSize: 2, stride: 2 }),
  nn.upsample({ size: [4, 5], mode: "bilinear" }),
  nn.upsample({ scaleFactor: 1.5 }),
  nn.reflectionPad2d(1),
  nn.adaptiveAvgPool2d([3, 2]),
  nn.flatten(),
  nn.maxout(8),
  nn.linear(3),
);

const make = () =>
  experiment({
    data,
    model,
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adam({ lr: 0.01 }),
    batchSize: 16,
    seed: 1,
  });

const backends: Record<string, Backend> = {};
beforeAll(async () => {
  backends.wasm = await wasmProvider.open({ threads: 2, log: () => {} });
  backends.webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
});
afterAll(() => Promise.all(Object.values(backends).map((backend) => backend.close())));

describe("a network of all kinds of layers", () => {
  test("learns", async () => {
    await inContext(testContext(backends.wasm as Backend), async () => {
      const run = await make().fit({ epochs: 25 });
      const { accuracy = 0 } = await run.evaluate(data);
      expect(accuracy).toBeGreaterThan(0.9);
    });
  });

  test("trains the same on both backends", async () => {
    const losses: number[][] = [];
    for (const backend of Object.values(backends)) {
      await inContext(testContext(backend), async () => {
        const run = await make().fit({ steps: 8 });
        losses.push([...run.history.trainLoss]);
      });
    }
    expect(losses[1]).toBeAllclose(losses[0] ?? [], { rtol: 1e-4 });
  });

  test("trains in lanes to the bits of single runs", async () => {
    await inContext(testContext(backends.wasm as Backend), async () => {
      const single = await make().fit({ steps: 6 });
      const [first] = (await make().replicas({ seeds: 2, steps: 6 })).runs;
      expect([...(first?.history.trainLoss ?? [])]).toEqual([...single.history.trainLoss]);
    });
  });
});
