import { appendFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { itemOf } from "../../../../src/runs/item.ts";
import { type RunEntry, RunStore } from "../../../../src/runs/store.ts";
import { RunsView } from "../../../../src/runs/view.ts";
import { sparkline, timeWords } from "../../../../src/runs/words.ts";
import { type MarkdownString, type ThemeIcon, Uri, workspace } from "../../../fake/vscode.ts";
import { folder, small, start, text, writeRun } from "./logs.ts";

const moment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const entry = (given: Partial<RunEntry> = {}): RunEntry => ({
  key: "/w/.dlnb/tour/runs/1",
  notebook: Uri.file("/w/tour.dlnb") as never,
  id: "run-c2-1-1",
  name: "small",
  starred: false,
  group: null,
  experiment: "exp",
  folder: "/w/.dlnb/tour/runs/1",
  status: "finished",
  step: 1200,
  steps: 1200,
  epoch: 3,
  epochs: 3,
  startedAt: new Date(2026, 10, 21, 17, 42).getTime(),
  seconds: 3.44,
  metric: { name: "accuracy", value: 0.97234, better: "higher" },
  final: { trainLoss: 0.1, validLoss: 0.2, validAccuracy: 0.97234 },
  fit: null,
  config: {
    optimizer: { type: "adamw", options: { lr: 0.001 } },
    batchSize: 32,
    seed: 7,
    data: { train: 1438, valid: 180, test: 0 },
  },
  spark: [2, 1, 0.5],
  backend: "wasm",
  cell: "c2",
  parameters: 4242,
  error: "",
  remark: "",
  ...given,
});

const tooltip = (given: Partial<RunEntry>) => (itemOf(entry(given)).tooltip as unknown as MarkdownString).value;

describe("a run's line", () => {
  test("says how it stands in words, a metric and a curve", () => {
    const item = itemOf(entry());
    expect(item.label).toBe("small");
    expect(item.description).toMatch(/^accuracy 0\.9723 {2}█▃▁ {2}finished · .*\d\d:\d\d$/);
    expect(item.contextValue).toBe("run-ended");
    expect(item.accessibilityInformation?.label).toMatch(
      /^small, .*, accuracy 0\.9723, finished, loss from 2 to 0\.5$/,
    );
    expect(item.command).toEqual({ command: "dlnb.openRun", title: "Open Run" });
  });

  test("says where it is while it trains, and can be told from all others by its icon", () => {
    expect(itemOf(entry({ status: "running", epoch: 2 })).description).toMatch(
      /^accuracy 0\.9723 {2}█▃▁ {2}epoch 2 of 3 · running · /,
    );
    expect(itemOf(entry({ status: "paused", epochs: 0, step: 30 })).description).toMatch(
      /step 30 of 1,200 · paused · /,
    );
    const states = ["running", "paused", "finished", "interrupted", "early", "non-finite", "failed", "lost"] as const;
    const icons = states.map((status) => (itemOf(entry({ status })).iconPath as unknown as ThemeIcon).id);
    expect(new Set(icons).size).toBe(states.length);
    expect(states.map((status) => itemOf(entry({ status })).contextValue)).toEqual([
      "run-running",
      "run-paused",
      ...Array(6).fill("run-ended"),
    ]);
  });

  test("has a tooltip with figures and configuration", () => {
    const said = tooltip({}).replaceAll("&nbsp;", " ").replaceAll("\\", "");
    expect(said).toContain("validation accuracy: 0.9723");
    expect(said).toContain("length: 1,200 steps in 3.4 s");
    expect(said).toContain("optimizer: adamw({ lr: 0.001 })");
    expect(said).toContain("data: 1,438 train, 180 valid");
    expect(tooltip({ status: "failed", error: "lost the device" }).replaceAll("&nbsp;", " ")).toContain(
      "It broke off: lost the device",
    );
  });

  test("shows whatever a run calls itself as text, never as Markdown or HTML", () => {
    const name = "**b** [x](command:evil) <img src=x onerror=alert(1)> ![](https://e/v)";
    const said = tooltip({ name, error: name, status: "failed", config: { optimizer: name, seed: { [name]: name } } });
    expect(said).not.toMatch(/(?<!\\)\[x/);
    expect(said).not.toContain("<img");
    expect(said).not.toMatch(/\*\*b\*\*/);
    expect((itemOf(entry({ name })).tooltip as unknown as MarkdownString).isTrusted).toBe(undefined);
  });

  test("stands whatever the configuration is", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 10_000; i++) deep = i % 2 ? [deep] : { deep };
    const configs = [
      null,
      1,
      "x",
      [],
      { optimizer: deep },
      { data: { train: "x" }, metrics: 5, loss: [deep] },
      { seed: "s".repeat(1e6) },
    ];
    for (const config of configs) expect(tooltip({ config }).length).toBeLessThan(20_000);
  });
});

test("a sparkline goes from low to high blocks, is level for equal values and marks what is not finite", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([1, 1, 1])).toBe("▁▁▁");
  expect(sparkline([1, Number.NaN, 2])).toBe("▁×█");
  expect(sparkline([])).toBe("");
  expect([...sparkline(Array.from({ length: 24 }, (_, i) => 24 - i))]).toHaveLength(8);
});

test("the day is said when it is not today", () => {
  const now = new Date(2026, 10, 21, 20);
  expect(timeWords(new Date(2026, 10, 21, 17, 42).getTime(), now)).toMatch(/^17:42/);
  expect(timeWords(new Date(2026, 10, 20, 17, 42).getTime(), now)).toMatch(/^Nov 20, 17:42/);
  expect(timeWords(new Date(2025, 10, 20, 17, 42).getTime(), now)).toMatch(/^Nov 20, 2025, 17:42/);
});

describe("the view", () => {
  let root: string;
  let store: RunStore;
  let view: RunsView;
  beforeEach(() => {
    root = folder();
    workspace.workspaceFolders = [{ uri: Uri.file(root) }];
    store = new RunStore(() => undefined);
    view = new RunsView(store);
  });
  afterEach(() => {
    view.dispose();
    store.dispose();
    workspace.workspaceFolders = undefined;
  });

  /** Lines with their depth. */
  async function lines(node?: never, depth = 0): Promise<string[]> {
    const found: string[] = [];
    for (const child of (await view.getChildren(node)) as never[]) {
      const { label, description } = view.getTreeItem(child);
      found.push(
        `${"  ".repeat(depth)}${label} | ${String(description).replace(/finished · .*/, "finished")}`,
        ...(await lines(child, depth + 1)),
      );
    }
    return found;
  }

  test("has notebooks, their experiments and runs, newest first", async () => {
    const at = (second: number) => ({ time: `2026-11-21T05:24:1${second}Z` });
    writeRun(root, "tour", "20261121-052410", text(small({ ...at(0), name: "one" })));
    writeRun(root, "tour", "20261121-052411", text(small({ ...at(1), name: "two" })));
    writeRun(root, "tour", "20261121-052412", text(small({ ...at(2), name: "three", experiment: null })));
    writeRun(join(root, "sub"), "other", "20261121-052413", text(small({ ...at(3), name: "four" })));
    expect(await lines()).toEqual([
      "other.dlnb | sub · 1 run",
      "  exp | 1 run",
      "    four | accuracy 0.9  █▄▁  finished",
      "tour.dlnb | 3 runs",
      "  digits | 1 run",
      "    three | accuracy 0.9  █▄▁  finished",
      "  exp | 2 runs",
      "    two | accuracy 0.9  █▄▁  finished",
      "    one | accuracy 0.9  █▄▁  finished",
    ]);
  });

  test("changes the line of what trains, at most twice a second, and makes the tree anew for a new run only", async () => {
    const run = writeRun(
      root,
      "tour",
      "20261121-052410",
      text([start({ process: { pid: process.pid, host: hostname() }, time: new Date().toISOString() })]),
    );
    await lines();
    expect(view.view.badge).toEqual({ value: 1, tooltip: "1 fit is running" });
    const told: (string | undefined)[] = [];
    view.onDidChangeTreeData((node) => told.push(node === undefined ? "all" : (node as { key?: string }).key));
    for (const line of small().slice(1, 7)) {
      appendFileSync(join(run, "log.jsonl"), text([line]));
      workspace.touch(join(run, "log.jsonl"));
      await moment(250);
    }
    await moment(900);
    expect(new Set(told)).toEqual(new Set([run]));
    expect(told.length).toBeGreaterThan(1);
    expect(told.length).toBeLessThan(6);
    const other = writeRun(root, "tour", "20261121-052411", text(small()));
    workspace.touch(join(other, "log.jsonl"));
    await expect.poll(() => told.filter((what) => what === "all"), { timeout: 10_000 }).toEqual(["all"]);
  });
});
