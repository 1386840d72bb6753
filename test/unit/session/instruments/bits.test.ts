import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../../engine/backends/webgpu/index.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import { Experiment, inContext, type Run } from "../../../../engine/session/index.ts";
import { testContext } from "../../../support/context.ts";
import { pictures } from "../../../support/pictures.ts";

const nets = {
  "a perceptron": {
    model: nn.sequential(nn.flatten(), nn.linear(24), nn.relu(), nn.linear(16), nn.tanh(), nn.linear(3)),
    optimizer: optim.adamw({ lr: 1e-2 }),
  },
  "convolution, batch norm and dropout": {
    model: nn.sequential(
      nn.conv2d(4, { kernelSize: 3, padding: 1 }),
      nn.batchNorm(),
      nn.relu(),
      nn.maxPool2d(2),
      nn.flatten(),
      nn.dropout(0.3),
      nn.linear(3),
    ),
    optimizer: optim.sgd({ lr: 0.05, momentum: 0.9 }),
  },
  "clipped gradients": {
    model: nn.sequential(nn.flatten(), nn.linear(12), nn.sigmoid(), nn.linear(3)),
    optimizer: optim.sgd({ lr: 0.5 }),
    clip: { norm: 0.3 },
  },
};

const words = (run: Run): Record<string, number[]> => {
  const { parameters, running, optimizer } = run.checkpoint.state;
  const bits = (values: Float32Array | Uint32Array) => [
    ...new Uint32Array(values.buffer, values.byteOffset, values.length),
  ];
  return {
    parameters: bits(parameters),
    running: bits(running),
    ...Object.fromEntries(Object.entries(optimizer).map(([name, values]) => [name, bits(values)])),
  };
};

describe.each([wasmProvider, webgpuProvider])("on $name", (provider) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await provider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());

  test.each(Object.entries(nets))("looking at %s leaves every bit of its training as it is", async (_, net) => {
    const context = testContext(backend);
    const exp = new Experiment({ data: pictures(70), loss: loss.crossEntropy(), batchSize: 16, seed: 2, ...net });
    // 70 = 4 x 16 + 6: the last batch of an epoch is smaller
    const trained = (instruments: "full" | "business" | "off" | number) =>
      inContext(context, () => exp.fit({ steps: 27, instruments }));
    const plain = await trained("off");
    for (const instruments of ["full", 1, "business"] as const) {
      const looked = await trained(instruments);
      expect(words(looked), String(instruments)).toEqual(words(plain));
      expect(looked.history.trainLoss).toEqual(plain.history.trainLoss);
      if (instruments === "full") expect(looked.instruments?.count).toBe(23);
    }
    expect(plain.instruments?.count).toBe(0);
  });
});
