import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { globals } from "../../../engine/library.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { regularize } from "../../../engine/regularize/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(async () => await backend.close());

const options = (over: object = {}) => ({
  data: blobs(64),
  model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)),
  loss: loss.crossEntropy(),
  optimizer: optim.sgd({ lr: 0.1 }),
  batchSize: 16,
  seed: 3,
  ...over,
});
const make = (over: object = {}) => new Experiment(options(over));
const train = (experiment: Experiment, options: object): Promise<Run> =>
  inContext(testContext(backend), () => experiment.fit(options));
const numbers = (run: Run, name: string) => Array.from(run.stateDict()[name]?.data ?? []);
const longest = (run: Run, name: string, width: number) => {
  const w = numbers(run, name);
  const rows = Array.from({ length: w.length / width }, (_, i) => Math.hypot(...w.slice(i * width, (i + 1) * width)));
  return Math.max(...rows);
};

test("an L2 penalty of alpha is weight decay of 2 alpha on the weights, and not on biases", async () => {
  const penalized = await train(make({ regularize: [regularize.l2(0.05)] }), { epochs: 3 });
  const decayed = await train(
    make({ optimizer: optim.sgd({ lr: 0.1, groups: [{ params: /weight/, weightDecay: 0.1 }] }) }),
    { epochs: 3 },
  );
  for (const name of ["0.weight", "0.bias", "2.weight", "2.bias"]) {
    expect(numbers(penalized, name)).toBeAllclose(numbers(decayed, name), { rtol: 1e-4, atol: 1e-6 });
  }
});

test("the loss is told without the penalty, and the penalty beside it", async () => {
  const plain = await train(make(), { steps: 1 });
  const run = await train(make({ regularize: [regularize.l1(0.01), regularize.l2(0.1)] }), { steps: 1 });
  expect(run.history.trainLoss).toEqual(plain.history.trainLoss);
  const start = make().config.model;
  expect(start.trained.slices.length).toBe(4);
  expect(run.history.penalty?.length).toBe(1);
  expect(run.history.penalty?.[0]).toBeGreaterThan(0);
  expect(plain.history.penalty).toBeUndefined();
});

test("weights are within their limit after every update, and those that are shorter are not touched", async () => {
  const free = await train(make(), { epochs: 4 });
  const held = await train(make({ regularize: [regularize.maxNorm(0.5, { on: "2" })] }), { epochs: 4 });
  expect(longest(free, "2.weight", 8)).toBeGreaterThan(0.6);
  expect(longest(held, "2.weight", 8)).toBeLessThan(0.5 * (1 + 1e-5));
  const loose = await train(make({ regularize: [regularize.maxNorm(1e6)] }), { epochs: 4 });
  expect(numbers(loose, "0.weight")).toEqual(numbers(free, "0.weight"));
});

test("replicas side by side end with the bits of single runs", async () => {
  const over = { regularize: [regularize.elasticNet({ l1: 1e-3, l2: 1e-2 }), regularize.maxNorm(0.8)] };
  const single = await train(make(over), { epochs: 2 });
  const { runs } = await inContext(testContext(backend), () =>
    globals.experiment(options(over)).replicas({ seeds: [3, 4], epochs: 2 }),
  );
  for (const name of ["0.weight", "2.weight"]) expect(numbers(runs[0] as Run, name)).toEqual(numbers(single, name));
});

test("a full-batch method lowers loss and penalty together", async () => {
  const held = await train(make({ optimizer: optim.lbfgs(), regularize: [regularize.l2(0.1)] }), { steps: 20 });
  const free = await train(make({ optimizer: optim.lbfgs() }), { steps: 20 });
  const norm = (run: Run) => Math.hypot(...numbers(run, "0.weight"), ...numbers(run, "2.weight"));
  expect(norm(held)).toBeLessThan(0.5 * norm(free));
  expect(() => make({ optimizer: optim.lbfgs(), regularize: [regularize.maxNorm(1)] })).toThrow(
    "experiment: lbfgs chooses its own steps, which regularize.maxNorm would undo; take a penalty such as regularize.l2()",
  );
});

test("what fits no parameter is named", () => {
  expect(() => make({ regularize: [regularize.l2(0.1, { on: /conv/ })] })).toThrow(
    "regularize.l2: on: /conv/ fits no parameter that trains; there are 0.weight, 0.bias, 2.weight, 2.bias",
  );
});
