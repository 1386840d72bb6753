import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cleanCheckpoints } from "../../../../src/runs/clean.ts";
import { filterOf } from "../../../../src/runs/filter.ts";
import { readLabel, writeLabel } from "../../../../src/runs/label.ts";
import { ordered } from "../../../../src/runs/order.ts";
import { type RunEntry, RunStore } from "../../../../src/runs/store.ts";
import { RunsView } from "../../../../src/runs/view.ts";
import { Uri, window, workspace } from "../../../fake/vscode.ts";
import { folder, small, text, writeRun } from "./logs.ts";

let root: string;
let store: RunStore;
let view: RunsView;
beforeEach(() => {
  root = folder();
  workspace.workspaceFolders = [{ uri: Uri.file(root) }];
  window.said = [];
  store = new RunStore(() => undefined);
  view = new RunsView(store);
});
afterEach(() => {
  view.dispose();
  store.dispose();
  workspace.workspaceFolders = undefined;
});

const config = (lr: number) => ({
  seed: 1,
  optimizer: { type: "adam", options: { lr } },
  model: { layers: [{ units: 8 }] },
});

/** Lines with their depth. */
async function lines(node?: never, depth = 0): Promise<string[]> {
  const found: string[] = [];
  for (const child of (await view.getChildren(node)) as never[]) {
    const { label } = view.getTreeItem(child);
    found.push(`${"  ".repeat(depth)}${String(label).replace(/ · .*/, "")}`, ...(await lines(child, depth + 1)));
  }
  return found;
}

const names = (entries: readonly RunEntry[]): string[] => entries.map(({ name }) => name);

describe("a filter", () => {
  async function entries(): Promise<readonly RunEntry[]> {
    writeRun(root, "tour", "20261121-052410", text(small({ name: "baseline", config: config(0.001) })));
    writeRun(root, "tour", "20261121-052411", text(small({ name: "wide", config: config(0.1) })));
    await store.ready();
    return store.all();
  }
  const kept = async (words: string) => names((await entries()).filter(filterOf(words))).sort();

  test.each([
    ["", ["baseline", "wide"]],
    ["base", ["baseline"]],
    ["WIDE", ["wide"]],
    ["lr=0.1", ["wide"]],
    ["lr<0.01", ["baseline"]],
    ["accuracy>0.8", ["baseline", "wide"]],
    ["accuracy>0.95", []],
    ["optimizer=adam lr!=0.1", ["baseline"]],
    ["optimizer.lr>=0.1", ["wide"]],
    ["adam", ["baseline", "wide"]],
    ["status:fin", ["baseline", "wide"]],
    ["is:starred", []],
    ['"no such words"', []],
    ["nothing=1", []],
    ["= < >", []],
  ])("%j lets through %j", async (words, found) => {
    expect(await kept(words)).toEqual(found);
  });

  test("keeps lines of runs that it lets through, says what it is, and shows all again without it", async () => {
    await entries();
    view.filter = "lr=0.1";
    expect(await lines()).toEqual(["tour.dlnb", "  exp", "    wide"]);
    expect(view.view.description).toBe("“lr=0.1”");
    view.filter = "zzz";
    expect(await lines()).toEqual([]);
    expect(view.view.message).toBe("None of 2 runs matches “zzz”. Clear the filter to see them all.");
    view.filter = "";
    expect((await lines()).length).toBe(4);
    expect(view.view.message).toBe("");
  });
});

describe("the order", () => {
  const entry = (name: string, given: Partial<RunEntry>): RunEntry =>
    ({ name, starred: false, metric: null, final: {}, startedAt: 0, seconds: 0, key: name, ...given }) as RunEntry;
  const metric = (value: number, better: "higher" | "lower" = "higher") => ({ metric: { name: "m", value, better } });

  test.each([
    ["newest", ["b", "a10", "a2"]],
    ["name", ["a2", "a10", "b"]],
    ["metric", ["a10", "a2", "b"]],
    ["loss", ["b", "a2", "a10"]],
    ["duration", ["a2", "b", "a10"]],
  ] as const)("%s", (order, found) => {
    const entries = [
      entry("a2", { startedAt: 1, ...metric(0.5), final: { validLoss: 2 }, seconds: 9 }),
      entry("a10", { startedAt: 2, ...metric(0.9), final: {}, seconds: 1 }),
      entry("b", { startedAt: 3, final: { trainLoss: 1 }, seconds: 5 }),
    ];
    expect(names(ordered(entries, order))).toEqual(found);
  });

  test("puts marked runs first, and lower first where lower is better", () => {
    const entries = [entry("a", metric(1, "lower")), entry("b", metric(2, "lower")), entry("c", metric(3, "lower"))];
    expect(names(ordered(entries, "metric"))).toEqual(["a", "b", "c"]);
    const marked = entries.map((one) => (one.name === "c" ? { ...one, starred: true } : one));
    expect(names(ordered(marked, "metric"))).toEqual(["c", "a", "b"]);
  });
});

describe("a run's own name", () => {
  test("stands everywhere in place of its log's, whose file stays as it is", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    await store.ready();
    const log = readFileSync(join(run, "log.jsonl"), "utf8");
    await store.label(run, { name: "the good one" });
    await store.label(run, { starred: true });
    expect(store.get(run)).toMatchObject({ name: "the good one", starred: true });
    expect(readFileSync(join(run, "log.jsonl"), "utf8")).toBe(log);
    const again = new RunStore(() => undefined);
    await again.ready();
    expect(again.get(run)).toMatchObject({ name: "the good one", starred: true });
    again.dispose();
    await store.label(run, { name: "" });
    expect(store.get(run)?.name).toBe("small");
  });

  test("is whatever anybody wrote into the file, as text", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    for (const [written, name] of [
      ["{", ""],
      ["[]", ""],
      ['{"name":5,"starred":"yes"}', ""],
      [JSON.stringify({ name: "a\nb\u0000c", starred: true }), "a b c"],
      [JSON.stringify({ name: "x".repeat(20_000) }), ""],
    ]) {
      writeFileSync(join(run, "label.json"), written as string);
      expect((await readLabel(run)).name).toBe(name);
    }
    await writeLabel(run, { name: "fine", starred: false });
    expect(await readLabel(run)).toEqual({ name: "fine", starred: false });
  });
});

describe("runs of one call", () => {
  const group = (label: string) => ({ group: { id: "call-1", name: "replicas", label } });

  test("are one line, with their lanes inside, and what they came to", async () => {
    writeRun(root, "tour", "20261121-052410", text(small({ name: "seed 1", ...group("exp") })));
    writeRun(root, "tour", "20261121-052410-2", text(small({ name: "seed 2", ...group("exp") })));
    writeRun(root, "tour", "20261121-052410-10", text(small({ name: "seed 3", ...group("exp") })));
    writeRun(root, "tour", "20261121-052411", text(small({ name: "alone", time: "2026-11-21T05:24:11Z" })));
    expect(await lines()).toEqual([
      "tour.dlnb",
      "  exp",
      "    alone",
      "    replicas",
      "      seed 1",
      "      seed 2",
      "      seed 3",
    ]);
    const [notebook] = (await view.getChildren()) as never[];
    const [experiment] = (await view.getChildren(notebook)) as never[];
    const [, call] = (await view.getChildren(experiment)) as unknown as never[];
    const item = view.getTreeItem(call as never);
    expect(item).toMatchObject({ description: "3 runs · accuracy 0.9", contextValue: "group-ended" });
    expect((call as unknown as { keys: string[] }).keys.length).toBe(3);
    expect(view.getParent(call as never)).toBe(experiment);
  });

  test("that are down to one run are that run", async () => {
    writeRun(root, "tour", "20261121-052410", text(small({ name: "seed 1", ...group("exp") })));
    expect(await lines()).toEqual(["tour.dlnb", "  exp", "    seed 1"]);
  });

  test("stand whatever a log says of its call", async () => {
    const odd = [5, { id: 5 }, { id: "a\nb", name: {}, label: [] }, null];
    for (const [i, one] of odd.entries()) {
      writeRun(root, "tour", `20261121-05241${i}`, text(small({ name: `run ${i}`, group: one as never })));
    }
    expect((await lines()).filter((line) => line.startsWith("    run")).length).toBe(4);
  });
});

describe("checkpoints", () => {
  const files = ["last.safetensors", "best.safetensors", "step-10.safetensors", "step-20.safetensors", "notes.txt"];
  function keep(run: string): string {
    mkdirSync(join(run, "checkpoints"), { recursive: true });
    for (const file of files) writeFileSync(join(run, "checkpoints", file), "x".repeat(1000));
    return join(run, "checkpoints");
  }

  test("are cleaned up where they are asked to, and nothing else is", async () => {
    const [one, two] = ["20261121-052410", "20261121-052411"].map((time) =>
      keep(writeRun(root, "tour", time, text(small({ name: time })))),
    ) as [string, string];
    await store.ready();
    const answers: ((items: readonly { label: string }[]) => unknown)[] = [
      (items) => items.filter(({ label }) => label === "20261121-052410"),
      (items) => items.find(({ label }) => label.startsWith("Remove Those Between")),
    ];
    const before = window.answer;
    window.answer = ((items: readonly { label: string }[]) => answers.shift()?.(items)) as never;
    try {
      await cleanCheckpoints(store, store.all());
    } finally {
      window.answer = before;
    }
    expect(window.said.find((said) => said.startsWith("Clean Up"))).toMatch(/^Clean Up Checkpoints: 8 kB in 2 runs\?/);
    expect(files.map((file) => existsSync(join(one, file)))).toEqual([true, true, false, false, true]);
    expect(files.map((file) => existsSync(join(two, file)))).toEqual([true, true, true, true, true]);
  });

  test("that are not there are said so", async () => {
    writeRun(root, "tour", "20261121-052410", text(small()));
    await store.ready();
    await cleanCheckpoints(store, store.all());
    expect(window.said).toEqual(["No run that has ended keeps checkpoints on disk."]);
  });
});
