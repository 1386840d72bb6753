import { expect, test } from "vitest";
import { testKernel } from "../support/kernel.ts";

test("a schedule is drawn for the experiment that a cell made, by its data, batch size and rate", async () => {
  const { process, run } = await testKernel();
  const ask = (call: string, experiment: string | null, epochs: number | null = null) =>
    process.request("preview", { call, experiment, epochs, steps: null });
  expect((await ask("schedule.cosine()", "exp", 3)).run).toEqual({
    steps: 300,
    stepsPerEpoch: 100,
    lr: 0.1,
    known: false,
  });
  await run(`const exp = experiment({
  data: data.moons({ n: 200, seed: 1 }).split({ valid: 0.25, seed: 1 }),
  model: nn.linear(2), loss: loss.crossEntropy(), optimizer: optim.sgd({ lr: 0.5 }), batchSize: 32, seed: 1,
});`);
  // 150 examples in batches of 32: 5 steps an epoch, the last one smaller
  const { run: known, curve, problem } = await ask("schedule.linearTo({ tau: 2 })", "exp", 3);
  expect(known).toEqual({ steps: 15, stepsPerEpoch: 5, lr: 0.5, known: true });
  expect(problem).toBeNull();
  expect(curve?.lr).toEqual(
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2].map((t) => 0.5 * (1 - t / 2) + 0.005 * (t / 2)),
  );

  const { density } = await ask("init.kaimingNormal()", null);
  expect(density?.std).toBeCloseTo(Math.sqrt(2 / 32), 2);
  expect(density?.share.reduce((a, b) => a + b, 0)).toBeGreaterThan(0.99);
  expect((await ask("init.dirac()", null)).density?.shape).toEqual([32, 32, 3]);
  expect((await ask("schedule.cosine({ etaMin: -1 })", null)).problem).toMatch(/etaMin = -1 is outside/);
  expect((await ask("schedule.(", null)).problem).toMatch(/Unexpected/);
});
