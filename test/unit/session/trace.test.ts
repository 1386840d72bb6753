import { afterAll, expect, test } from "vitest";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const backend = await wasmProvider.open({ threads: 1, log: () => {} });
afterAll(() => backend.close());

const make = (width = 8) =>
  new Experiment({
    data: blobs(50),
    model: nn.sequential(nn.linear(width), nn.batchNorm(), nn.relu(), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 16,
  });
const trained = (options: object, width?: number) => inContext(testContext(backend), () => make(width).fit(options));

test("a run keeps snapshots evenly from its first step to its last, each as a run of that length ends", async () => {
  const run = await trained({ steps: 30, trace: 7 });
  expect(run.trace.map(({ step }) => step)).toEqual([0, 5, 10, 15, 20, 25, 30]);
  const short = await trained({ steps: 15 });
  expect(run.trace[3]?.weights.parameters).toEqual(short.weights.parameters);
  expect(run.trace[3]?.weights.running).toEqual(short.weights.running);
  expect(run.trace.at(-1)?.weights.parameters).toEqual(run.weights.parameters);
});

test("snapshots change no bit of a run", async () => {
  const [traced, plain] = [await trained({ steps: 23, trace: 9 }), await trained({ steps: 23 })];
  expect(traced.weights).toEqual(plain.weights);
  expect(plain.trace).toEqual([]);
});

test("no more snapshots are kept than there are steps, or than fit into 64 MB", async () => {
  expect((await trained({ steps: 3, trace: 50 })).trace).toHaveLength(4);
  const large = await trained({ steps: 20, trace: 50 }, 200_000);
  const bytes = 4 * ((large.trace[0]?.weights.parameters.length ?? 0) + (large.trace[0]?.weights.running.length ?? 0));
  expect(large.trace).toHaveLength(Math.floor((64 * 2 ** 20) / bytes));
  expect(large.trace.at(-1)?.step).toBe(20);
});
