import { describe, expect, test } from "vitest";
import type { RunStatus } from "../../../engine/protocol/index.ts";
import { type KernelNow, kernelLine, NOT_STARTED } from "../../../src/status/kernelLine.ts";

const ready: KernelNow = { ...NOT_STARTED, phase: "ready", backend: "wasm", runtime: "packaged", adapter: "2 threads" };
const run: RunStatus = {
  id: "r",
  name: "r",
  folder: null,
  step: 30,
  steps: 2000,
  epoch: 3,
  epochs: 20,
  trainLoss: 1,
  validLoss: null,
  metric: null,
  lr: 0.1,
  stepsPerSecond: 10,
  etaSeconds: 41.2,
  backend: "webgpu",
  paused: false,
  stopping: null,
};
const progress = { done: 34, total: 100, unit: "files", message: "reading" };

describe("the status bar says", () => {
  test.each<[Partial<KernelNow>, string]>([
    [NOT_STARTED, "$(circle-outline) dlnb: not started"],
    [{ phase: "starting", backend: null }, "$(sync~spin) dlnb: starting"],
    [{ backend: null }, "$(chip) dlnb: idle"],
    [{}, "$(chip) wasm: idle"],
    [{ runtime: "editor" }, "$(chip) wasm on the editor's own runtime: idle"],
    [{ runtime: "editor", cell: 4, run: { ...run, backend: "wasm" } }, "$(pulse) wasm: epoch 3/20, 41 s left"],
    [{ cell: 4 }, "$(sync~spin) wasm: busy, cell 4"],
    [{ cell: 4, progress }, "$(sync~spin) wasm: cell 4, reading: 34 %"],
    [{ cell: 4, progress: { ...progress, total: null, message: "" } }, "$(sync~spin) wasm: cell 4, 34 files"],
    [{ cell: 4, run }, "$(pulse) WebGPU: epoch 3/20, 41 s left"],
    [{ cell: 4, run: { ...run, epochs: 0, etaSeconds: null } }, "$(pulse) WebGPU: step 30/2,000"],
    [{ cell: 4, run: { ...run, paused: true } }, "$(debug-pause) WebGPU: paused at epoch 3/20"],
    [{ cell: 4, run: { ...run, stopping: "epoch" } }, "$(pulse) WebGPU: epoch 3/20, stops after it"],
  ])("%j", (change, text) => {
    expect(kernelLine(change === NOT_STARTED ? NOT_STARTED : { ...ready, ...change }, null).text).toBe(text);
  });

  test("first whose kernel it is, where that is not in front", () => {
    expect(kernelLine({ ...ready, cell: 4 }, "tour.dlnb").text).toBe("$(sync~spin) tour.dlnb: wasm: busy, cell 4");
  });

  test("that the editor's own runtime has no GPU", () => {
    expect(kernelLine({ ...ready, runtime: "editor" }, null).detail).toMatch(/no GPU/);
    expect(kernelLine(ready, null).detail).toBe("idle\nwasm (2 threads)");
  });
});
