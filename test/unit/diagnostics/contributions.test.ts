import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { data as sources } from "../../../engine/data/index.ts";
import { globals } from "../../../engine/library.ts";
import { normal } from "../../../engine/random/index.ts";
import { inContext } from "../../../engine/session/index.ts";
import { initialWeights } from "../../../engine/session/model.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, optim, experiment } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

test("a unit's share is its variance times its squared weights, and a loud input is found", async () => {
  const [N, width] = [64, 20];
  // feature 7 is ten times as wide as the others
  const x = Float32Array.from(normal(4, 0, N * width), (v, i) => (i % width === 7 ? 10 * v : v));
  const set = sources.tensors({
    x: new HostTensor([N, width], "f32", x),
    y: new HostTensor(
      [N],
      "i32",
      new Int32Array(N).map((_, i) => i % 2),
    ),
  });
  const exp = experiment({
    data: set,
    model: nn.sequential(nn.linear(6), nn.tanh(), nn.linear(2)),
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 16,
  });
  const found = await inContext(testContext(backend), () => exp.inspect.contributions());
  expect(found.examples).toBe(N);
  expect(found.layers.map(({ path }) => path)).toEqual(["0", "2"]);
  const { parameters } = initialWeights(exp.config.model, 0);
  const raw = Array.from({ length: width }, (_, i) => {
    const values = Array.from({ length: N }, (_, n) => x[n * width + i] as number);
    const mean = values.reduce((a, b) => a + b) / N;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / N;
    const squares = [0, 1, 2, 3, 4, 5].reduce((sum, o) => sum + (parameters[o * width + i] as number) ** 2, 0);
    return variance * squares;
  });
  const total = raw.reduce((a, b) => a + b);
  expect(found.layers[0]?.shares).toBeAllclose(
    raw.map((v) => v / total),
    { rtol: 1e-4 },
  );
  expect(found.layers[0]?.order[0]).toBe(7);
  expect(found.layers[0]?.topTenth).toBeGreaterThan(0.6);
  expect(String(found)).toMatch(/in front of 0 linear carries \d+(\.\d)? %/);
});

test("images count by channel; a model without weights is told so", async () => {
  const set = sources.tensors({
    x: new HostTensor([8, 3, 4, 4], "f32", normal(5, 0, 8 * 48)),
    y: new HostTensor(
      [8],
      "i32",
      new Int32Array(8).map((_, i) => i % 2),
    ),
  });
  const model = nn.sequential(nn.conv2d(5, { kernelSize: 3 }), nn.relu(), nn.flatten(), nn.linear(2));
  const exp = experiment({
    data: set,
    model,
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 4,
  });
  const found = await inContext(testContext(backend), () => exp.inspect.contributions());
  expect(found.layers.map(({ shares }) => shares.length)).toEqual([3, 20]);
  for (const { shares } of found.layers) expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  const plain = experiment({
    data: set,
    model: nn.sequential(nn.batchNorm(), nn.flatten()),
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 4,
  });
  await expect(inContext(testContext(backend), () => plain.inspect.contributions())).rejects.toThrow(
    /no layer with a weight/,
  );
});
