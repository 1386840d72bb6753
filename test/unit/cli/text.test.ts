import { describe, expect, test } from "vitest";
import type { DoctorReport, RunStatus } from "../../../engine/protocol/index.ts";
import { doctorText } from "../../../src/cli/doctor.ts";
import { plainProgress, progressLine } from "../../../src/cli/progress.ts";
import { figureNames, words } from "../../../src/report/figures.ts";
import { codeFrame } from "../../../src/report/frame.ts";
import { count, duration, figure } from "../../../src/report/numbers.ts";

const run: RunStatus = {
  id: "r",
  name: "run",
  folder: null,
  step: 500,
  steps: 1000,
  epoch: 5,
  epochs: 10,
  trainLoss: 0.12345,
  validLoss: 0.2,
  metric: { name: "accuracy", value: 0.98 },
  lr: 1e-3,
  stepsPerSecond: 812.4,
  etaSeconds: 12.3,
  backend: "wasm",
  paused: false,
  stopping: null,
};
const training = { done: 500, total: 1000, unit: "steps", message: "", run };
const loading = { done: 3, total: null, unit: "files", message: "reading a.csv", run: null };

describe("progress", () => {
  test("says all there is where there is room", () => {
    expect(progressLine(3, training, 200)).toBe(
      "cell 3  █████░░░░░   50 %  step 500/1,000  loss 0.1235  valid loss 0.2000  accuracy 0.9800  812 steps/s  ETA 12.3 s",
    );
    expect(progressLine(1, loading, 80)).toBe("cell 1  3 files  reading a.csv");
  });

  test("keeps loss, metric, rate and end in 80 columns, and never breaks a line", () => {
    const line = progressLine(3, training, 79);
    for (const part of ["50 %", "loss 0.1235", "accuracy 0.9800", "812 steps/s", "ETA 12.3 s"])
      expect(line).toContain(part);
    for (let width = 0; width < 130; width++) {
      expect(progressLine(12, training, width).length).toBeLessThanOrEqual(width);
    }
  });

  test("is one plain line in a file", () => {
    expect(plainProgress(training)).toBe(
      "epoch 5/10, step 500/1,000: loss 0.1235, valid loss 0.2000, accuracy 0.9800, 812 steps/s, ETA 12.3 s",
    );
    expect(plainProgress(loading)).toBe("3 files, reading a.csv");
  });
});

test("figures and durations are short", () => {
  expect([0, 0.01234, 12.345, 1234.5, 1e-7, 2e9, Number.NaN].map(figure)).toEqual([
    "0.0000",
    "0.0123",
    "12.35",
    "1234.5",
    "1.00e-7",
    "2.00e+9",
    "NaN",
  ]);
  expect([0.0123, 5.67, 65, 3725, null].map(duration)).toEqual(["12 ms", "5.7 s", "1 min 5 s", "1 h 2 min", "?"]);
});

test("test figures come first, metrics before losses", () => {
  const final = { trainLoss: 1, trainAccuracy: 1, validLoss: 1, testLoss: 1, testAccuracy: 1 };
  expect(figureNames([{ final }]).map(words)).toEqual([
    "test accuracy",
    "test loss",
    "valid loss",
    "train accuracy",
    "train loss",
  ]);
});

test("a code frame marks line and column", () => {
  expect(codeFrame("a\nb\ncde\nf\ng\nh", 3, 2)).toBe("  1 | a\n  2 | b\n> 3 | cde\n    |  ^\n  4 | f\n  5 | g");
  expect(codeFrame("a", 1)).toBe("> 1 | a");
  expect(codeFrame("a", 7)).toBe("");
});

test("the doctor names adapters, what is missing and what auto takes", () => {
  const report: DoctorReport = {
    versions: { dlnb: "1.0.0", node: "24.0.0", webgpu: null, platform: "linux", arch: "x64", cpu: "CPU", cores: 1 },
    backends: [
      { backend: "webgpu", available: false, adapters: [], detail: "no adapter", mend: "install a driver" },
      {
        backend: "wasm",
        available: true,
        adapters: [{ name: "CPU", vendor: "", kind: "cpu" }],
        detail: "SIMD",
        mend: "",
      },
    ],
    auto: { backend: "wasm", why: "no GPU" },
  };
  expect(doctorText(report, (ok) => (ok ? "ok" : "--"))).toBe(
    [
      "dlnb 1.0.0, Node.js 24.0.0, webgpu not installed",
      "linux x64, CPU, 1 core",
      "",
      "--  webgpu  no adapter",
      "            to mend: install a driver",
      "ok  wasm    SIMD",
      "            CPU, cpu",
      "",
      "auto takes wasm: no GPU",
      "",
    ].join("\n"),
  );
});

test("what is counted is one or many", () => {
  expect([count(1, "epoch"), count(0, "epoch"), count(1234, "step"), count(1)]).toEqual([
    "1 epoch",
    "0 epochs",
    "1,234 steps",
    "1",
  ]);
});
