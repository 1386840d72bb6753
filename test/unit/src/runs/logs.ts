import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { RunLogLine, RunLogStart } from "../../../../engine/protocol/index.ts";

/** A folder of its own for a test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "dlnb-runs-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export const start = (given: Partial<RunLogStart> = {}): RunLogLine => ({
  event: "start",
  version: 1,
  run: "run-c2-1-1",
  name: "small",
  time: "2026-11-21T05:24:10.000Z",
  process: { pid: 2 ** 22 + 1, host: hostname() },
  versions: { node: "v24.0.0" },
  backend: "wasm",
  adapter: "2 threads",
  cell: "c2",
  textHash: null,
  experiment: "exp",
  parameters: 42,
  layers: [{ path: "0", type: "linear", outputShape: [8, 2] }],
  data: "digits",
  config: { name: "digits", seed: 7, batchSize: 8 },
  fit: { steps: 6, epochs: 3, stepsPerEpoch: 2, resumedAt: 0 },
  curve: {
    metrics: [{ name: "accuracy", better: "higher" }],
    validation: true,
    averaged: false,
    movesMomentum: false,
    penalized: false,
  },
  ...given,
});

const end = (stopped: "finished" | "interrupted" = "finished"): RunLogLine => ({
  event: "end",
  id: "run-c2-1-1",
  name: "small",
  folder: null,
  backend: "wasm",
  adapter: "2 threads",
  steps: 6,
  epochs: 3,
  seconds: 1.5,
  stopped,
  final: { trainLoss: 0.4, validLoss: 0.5, validAccuracy: 0.9 },
});

/** Three epochs of two steps. */
export const small = (given: Partial<RunLogStart> = {}): RunLogLine[] => [
  start(given),
  ...[0, 1, 2].flatMap((i): RunLogLine[] => [
    { event: "steps", from: 2 * i + 1, loss: [1 - i / 4, 0.9 - i / 4], lr: [0.1, 0.1], gradientNorm: [1, 2] },
    {
      event: "epoch",
      epoch: i + 1,
      step: 2 * i + 2,
      train: { loss: 0.75 - i / 4, accuracy: 0.5 + i / 8 },
      valid: { loss: 0.9 - i / 5, accuracy: 0.6 + i / 8 },
    },
  ]),
  { event: "checkpoint", file: "checkpoints/last.safetensors", step: 6, why: "end" },
  end(),
];

export const text = (lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** Writes a run of `notebook` (without extension) into a workspace; the run's folder. */
export function writeRun(workspace: string, notebook: string, time: string, log: string | Buffer): string {
  const run = join(workspace, ".dlnb", notebook, "runs", time);
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, "log.jsonl"), log);
  return run;
}
