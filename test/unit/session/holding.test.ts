import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { CheckpointError } from "../../../engine/errors/index.ts";
import { globals } from "../../../engine/library.ts";
import { hold } from "../../../engine/session/holding.ts";
import { inContext, type Run } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, optim, experiment } = globals;

let backend: Backend;
let folder: string;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-holding-"));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const sets = blobs(104).split({ valid: 24, seed: 1 });
const make = () =>
  experiment({
    data: sets,
    model: nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.adamw({ lr: 1e-2 }),
    batchSize: 8,
    seed: 3,
  });

const cell = <T>(work: () => Promise<T>, kept = true): Promise<T> =>
  inContext(testContext(backend, kept ? { folder } : {}), work);

const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

describe("a run whose weights were let go", () => {
  test("predicts and continues to the same bits as before", async () => {
    const run = await cell(() => make().fit({ epochs: 3 }));
    const [before, predicted] = [weights(run), await cell(() => run.predict(sets.valid as never))];
    const { state } = run.checkpoint;
    expect(run.bytes).toBeGreaterThan(0);
    expect([run.release(), run.held, run.bytes]).toEqual([true, null, 0]);
    expect([...(await cell(() => run.predict(sets.valid as never))).data]).toEqual([...predicted.data]);
    expect(weights(run)).toEqual(before);
    expect(run.checkpoint.state).toEqual(state);
    expect(run.weights).toBe(run.checkpoint.state);
    run.release();
    const [gone, whole] = [
      await cell(() => make().fit({ epochs: 6, resume: run })),
      await cell(() => make().fit({ epochs: 6 })),
    ];
    expect(weights(gone)).toEqual(weights(whole));
  });

  test("has its best epoch again where early stopping had brought that back", async () => {
    const run = await cell(() => make().fit({ epochs: 12, earlyStopping: { patience: 2, minDelta: 0.5 } }));
    const before = weights(run);
    expect(run.weights).not.toBe(run.checkpoint.state);
    expect(run.release()).toBe(true);
    expect(weights(run)).toEqual(before);
    expect(run.weights).not.toBe(run.checkpoint.state);
  });

  test("says what happened when its file has gone", async () => {
    const run = await cell(() => make().fit({ epochs: 1 }));
    expect(run.release()).toBe(true);
    rmSync(join(run.folder as string, "checkpoints"), { recursive: true });
    expect(() => run.weights).toThrow(CheckpointError);
    expect(() => run.weights).toThrow(
      /run \d+: its weights were let go to save memory, and cannot be read again: .*no such file/,
    );
  });
});

test("what is in memory alone is not let go", async () => {
  const run = await cell(() => make().fit({ epochs: 1 }), false);
  expect(run.release()).toBe(false);
  const moved = await cell(() => make().fit({ epochs: 1 }));
  rmSync(moved.folder as string, { recursive: true });
  expect(moved.release()).toBe(false);
  expect(weights(moved).length).toBeGreaterThan(0);
});

test("the oldest are let go when all together are too much, and the newest never", () => {
  const made = (bytes: number, can = true) => {
    const one = {
      bytes,
      release: () => {
        if (can) one.bytes = 0;
        return can;
      },
    };
    return one;
  };
  // beside which the runs of the other tests are nothing
  const TB = 1e12;
  const runs = [made(10 * TB), made(10 * TB, false), made(10 * TB), made(10 * TB), made(100 * TB)];
  for (const run of runs) hold(run, 1000 * TB);
  hold(runs[4] as (typeof runs)[number], 121 * TB);
  expect(runs.map(({ bytes }) => bytes / TB)).toEqual([0, 10, 0, 10, 100]);
});
