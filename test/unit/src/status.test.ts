import { expect, test } from "vitest";
import type { RunStatus, RunSummary } from "../../../engine/protocol/index.ts";
import { finishedSummary, progressSummary, runningSummary } from "../../../src/status/summary.ts";

const run: RunStatus = {
  id: "r",
  name: "run",
  folder: null,
  step: 1200,
  steps: 4000,
  epoch: 3,
  epochs: 10,
  trainLoss: 0.2,
  validLoss: 0.12345,
  metric: { name: "accuracy", value: 0.97 },
  lr: 0.001,
  stepsPerSecond: 812.4,
  etaSeconds: 75,
  backend: "wasm",
  paused: false,
  stopping: null,
};

test("a running cell says where it stands", () => {
  expect(runningSummary(run).items).toEqual([
    "$(pulse) epoch 3/10 · 812 steps/s · wasm · 1 min 15 s left",
    "validation loss 0.1235 · validation accuracy 0.97",
  ]);
  expect(runningSummary({ ...run, epochs: 0, validLoss: null, metric: null, etaSeconds: null }).items).toEqual([
    "$(pulse) step 1,200/4,000 · 812 steps/s · wasm",
    "loss 0.2",
  ]);
});

test("a metric bears the same name while it trains and at the end", () => {
  const ended = (final: Record<string, number>) =>
    finishedSummary({ steps: 1, seconds: 1, backend: "wasm", stopped: "finished", final } as unknown as RunSummary)
      .items;
  expect(ended({ trainLoss: 0.2, validLoss: 0.1, trainAccuracy: 0.9, validAccuracy: 0.97 })[1]).toBe(
    "validation loss 0.1 · validation accuracy 0.97",
  );
  expect(runningSummary({ ...run, validLoss: null }).items[1]).toBe("loss 0.2 · train accuracy 0.97");
  expect(ended({ trainLoss: 0.2, trainAccuracy: 0.97 })[1]).toBe("loss 0.2 · train accuracy 0.97");
});

test("a finished cell says how the run ended", () => {
  const summary = {
    name: "tour",
    adapter: "8 threads",
    backend: "wasm",
    steps: 400,
    seconds: 2,
    stopped: "early",
    final: { trainLoss: 0.02, validLoss: 0.08, validAccuracy: 0.9722 },
  } as unknown as RunSummary;
  expect(finishedSummary(summary).items).toEqual([
    "$(graph-line) stopped early: 400 steps in 2.0 s · 200 steps/s · wasm",
    "validation loss 0.08 · validation accuracy 0.9722",
  ]);
});

test("a long task without a run says how far it is", () => {
  expect(progressSummary(3, 10, "files", "reading").items).toEqual(["$(sync~spin) reading: 3/10 files"]);
  expect(progressSummary(1234, null, "rows", "").items).toEqual(["$(sync~spin) 1,234 rows"]);
});
