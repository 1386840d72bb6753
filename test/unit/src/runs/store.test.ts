import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KernelEvent, RunStatus } from "../../../../engine/protocol/index.ts";
import { RunStore } from "../../../../src/runs/store.ts";
import { Uri, workspace } from "../../../fake/vscode.ts";
import { folder, small, start, text, writeRun } from "./logs.ts";

const moment = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));
const mine = { pid: process.pid, host: hostname() };

let root: string;
let store: RunStore;
let remarks: string[];

beforeEach(() => {
  root = folder();
  workspace.workspaceFolders = [{ uri: Uri.file(root) }];
  remarks = [];
  store = new RunStore((remark) => remarks.push(remark));
});

afterEach(() => {
  store.dispose();
  workspace.workspaceFolders = undefined;
});

const notebook = () => Uri.file(join(root, "tour.dlnb")) as never;
const hear = (event: unknown) =>
  store.hear({ notebook: notebook(), news: "event", event: event as KernelEvent, cell: null });
const status = (given: Partial<RunStatus>): RunStatus => ({
  id: "run-c2-1-1",
  name: "small",
  folder: null,
  step: 1,
  steps: 6,
  epoch: 1,
  epochs: 3,
  trainLoss: 0.7,
  validLoss: null,
  metric: null,
  lr: 0.1,
  stepsPerSecond: 10,
  etaSeconds: 1,
  backend: "wasm",
  paused: false,
  stopping: null,
  ...given,
});
const progress = (given: Partial<RunStatus>) =>
  hear({ event: "progress", cell: "c2", done: 1, total: 6, unit: "steps", message: "", run: status(given) });

describe("runs on disk", () => {
  test("are found in all folders of the workspace, newest first, and belong to their notebook", async () => {
    const first = writeRun(root, "tour", "20261121-052410", text(small()));
    const second = writeRun(
      join(root, "deep/er"),
      "other",
      "20261121-052411",
      text(small({ time: "2026-11-21T05:24:11Z", name: "later" })),
    );
    writeRun(join(root, "node_modules/x"), "not", "20261121-052412", text(small()));
    await store.ready();
    expect(store.all().map(({ key }) => key)).toEqual([second, first]);
    expect(store.all().map(({ notebook }) => String(notebook))).toEqual([
      `file://${root}/deep/er/other.dlnb`,
      `file://${root}/tour.dlnb`,
    ]);
    expect(store.of(notebook()).map(({ name }) => name)).toEqual(["small"]);
    expect(store.get(first)).toMatchObject({
      status: "finished",
      experiment: "exp",
      step: 6,
      steps: 6,
      epoch: 3,
      epochs: 3,
      seconds: 1.5,
      spark: [0.9, 0.7, 0.5],
      metric: { name: "accuracy", value: 0.9, better: "higher" },
    });
  });

  test("are none where nothing was run, and where no folder is open", async () => {
    await store.ready();
    expect(store.all()).toEqual([]);
    workspace.workspaceFolders = undefined;
    await store.refresh();
    expect(store.all()).toEqual([]);
  });

  test("behind links are not ours", async () => {
    const elsewhere = folder();
    const run = writeRun(elsewhere, "tour", "20261121-052410", text(small()));
    symlinkSync(join(elsewhere, ".dlnb"), join(root, ".dlnb"));
    const other = join(root, "b/.dlnb/tour/runs");
    mkdirSync(other, { recursive: true });
    symlinkSync(run, join(other, "20261121-052410"));
    mkdirSync(join(other, "20261121-052411"));
    symlinkSync(join(run, "log.jsonl"), join(other, "20261121-052411/log.jsonl"));
    await store.ready();
    expect(store.all()).toEqual([]);
    expect(remarks).toEqual([expect.stringMatching(/052411\/log\.jsonl cannot be read: .* is no file/)]);
  });

  test("without an end are lost when their process is gone, and run while it is there", async () => {
    const lines = small().slice(0, 5);
    const gone = writeRun(root, "tour", "20261121-052410", text(lines));
    const time = new Date().toISOString();
    const there = writeRun(root, "tour", "20261121-052411", text([start({ process: mine, time }), ...lines.slice(1)]));
    const reused = writeRun(
      root,
      "tour",
      "20261121-052412",
      text([start({ process: mine, time: "2001-01-01T00:00:00Z" })]),
    );
    await store.ready();
    expect([gone, there, reused].map((key) => store.get(key)?.status)).toEqual(["lost", "running", "lost"]);
    expect(store.get(gone)).toMatchObject({ step: 4, epoch: 2, spark: [1, 0.9, 0.75, 0.65] });
  });

  test("that are damaged or of another version are listed as far as they go, each with one word in the log", async () => {
    writeRun(root, "tour", "20261121-052410", text(small({ version: 9 })));
    writeRun(root, "tour", "20261121-052411", `${text(small())}garbage\n`);
    writeRun(root, "tour", "20261121-052412", "garbage\n");
    writeRun(root, "tour", "20261121-052413", "");
    await store.ready();
    await store.refresh();
    expect(store.all().length).toBe(2);
    expect(remarks.map((remark) => remark.slice(remark.indexOf("runs/"))).sort()).toEqual([
      "runs/20261121-052410/log.jsonl was written by a newer version of dlnb (log version 9): what is not known of it is left out",
      "runs/20261121-052411/log.jsonl has 1 damaged line, which is left out",
      "runs/20261121-052412/log.jsonl has no first line that says what it is of; has 1 damaged line, which is left out",
      "runs/20261121-052413/log.jsonl has no first line that says what it is of",
    ]);
  });

  test("come and go with their folders, and a refresh of what did not change tells nothing", async () => {
    const told: string[][] = [];
    store.onDidChange((entries) => told.push(entries.map(({ key }) => key)));
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    await store.ready();
    await moment(300);
    await store.refresh();
    await moment(300);
    expect(told).toEqual([[run]]);
    const next = writeRun(root, "tour", "20261121-052411", text(small()));
    workspace.touch(join(next, "log.jsonl"));
    await moment(700);
    expect(store.get(next)?.status).toBe("finished");
    rmSync(join(root, ".dlnb"), { recursive: true });
    workspace.touch(join(root, ".dlnb"));
    await moment(700);
    expect(store.all()).toEqual([]);
    expect(told.slice(1).map((keys) => keys.sort())).toEqual([[next], [run, next]]);
  });

  test("have a history, of which only what is new is read again", async () => {
    const lines = small();
    const run = writeRun(root, "tour", "20261121-052410", text(lines.slice(0, 3)));
    await store.ready();
    const [a, b] = await Promise.all([store.history(run), store.history(run)]);
    expect([a.step, b.step]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    appendFileSync(join(run, "log.jsonl"), text(lines.slice(3)));
    expect((await store.history(run)).step).toEqual([1, 2, 3, 4, 5, 6]);
    writeFileSync(join(run, "log.jsonl"), text(lines.slice(0, 2)));
    expect((await store.history(run)).step).toEqual([1, 2]);
    await expect(store.history("nowhere")).rejects.toThrow("there is no run nowhere any more");
  });
});

describe("runs that train", () => {
  test("are there with the first word of their kernel, and end when it says so", async () => {
    await store.ready();
    const run = writeRun(
      root,
      "tour",
      "20261121-052410",
      text([start({ process: mine, time: new Date().toISOString() })]),
    );
    progress({ folder: run, step: 1 });
    expect(store.get(run)).toMatchObject({ status: "running", step: 1, steps: 6 });
    progress({ folder: run, step: 2, trainLoss: 0.6 });
    expect(store.get(run)).toMatchObject({ step: 2, final: { trainLoss: 0.6 } });
    await expect.poll(() => store.get(run)?.experiment).toBe("exp");
    expect(store.get(run)).toMatchObject({ name: "small", experiment: "exp", cell: "c2" });
    appendFileSync(join(run, "log.jsonl"), text(small().slice(1)));
    hear({ event: "run", cell: "c2", run: { id: "run-c2-1-1", folder: run } });
    await expect.poll(() => store.get(run)?.status).toBe("finished");
    expect(store.get(run)).toMatchObject({ status: "finished", step: 6, metric: { value: 0.9 } });
  });

  test("are lost when their kernel does something else and their log has no end", async () => {
    await store.ready();
    const run = writeRun(
      root,
      "tour",
      "20261121-052410",
      text([start({ process: mine, time: new Date().toISOString() })]),
    );
    progress({ folder: run });
    await moment(20);
    hear({ event: "state", state: "idle", cell: null });
    await expect.poll(() => store.get(run)?.status).toBe("lost");
  });

  test("are lost when their kernel has ended", async () => {
    await store.ready();
    const run = writeRun(root, "tour", "20261121-052410", text([start()]));
    progress({ folder: run });
    store.hear({ notebook: notebook(), news: "kernel", phase: "none" });
    await expect.poll(() => store.get(run)?.status).toBe("lost");
  });

  test("in folders that are no run's are not believed", async () => {
    await store.ready();
    progress({ folder: "/etc" });
    progress({ folder: join(root, ".dlnb/tour/runs/x/checkpoints") });
    expect(store.all()).toEqual([]);
  });

  test("of an untitled notebook are kept by what is told of them, one beside the other", async () => {
    progress({ step: 2, epoch: 1 });
    progress({ step: 4, epoch: 2, validLoss: 0.5, metric: { name: "accuracy", value: 0.8 } });
    const [entry] = store.all();
    expect(entry).toMatchObject({ folder: null, status: "running", step: 4, metric: { name: "accuracy", value: 0.8 } });
    expect((await store.history(entry?.key ?? "")).step).toEqual([2, 4]);
    const history = {
      step: [1, 2],
      trainLoss: [1, 0.5],
      lr: [0.1, 0.1],
      gradientNorm: [1, 1],
      epoch: [1],
      epochStep: [2],
      valid: { loss: [0.6] },
      train: { loss: [0.7] },
      thinned: false,
    };
    const done = { ...small().at(-1), id: "run-c2-1-1", folder: null, history };
    hear({ event: "run", cell: "c2", run: done });
    expect(store.get(entry?.key ?? "")).toMatchObject({ status: "finished", final: { validAccuracy: 0.9 } });
    expect(await store.history(entry?.key ?? "")).toEqual(history);
    progress({ step: 1 });
    expect(
      store
        .all()
        .map(({ status }) => status)
        .sort(),
    ).toEqual(["finished", "running"]);
  });
});
