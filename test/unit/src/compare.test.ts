import { appendFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { plots } from "../../../engine/plots/recorded/index.ts";
import type { ComparedRuns } from "../../../engine/protocol/index.ts";
import { namesOf } from "../../../src/compare/facts.ts";
import { FIRST_VIEW, readFromCompare, readState, type ToCompare } from "../../../src/compare/messages.ts";
import type { RunEntry } from "../../../src/runs/index.ts";
import { RunStore } from "../../../src/runs/store.ts";
import { commands, env, FakePanel, Uri, window, workspace } from "../../fake/vscode.ts";
import { folder, small, start, text, writeRun } from "./runs/logs.ts";

vi.mock("../../../src/runs/plots.ts", () => ({ loadPlots: async () => plots }));
const { registerCompare } = await import("../../../src/compare/index.ts");

let root: string;
let store: RunStore;
const executed = vi.spyOn(commands, "executeCommand").mockImplementation(async () => undefined);
const kept = new Map<string, unknown>();
let registered: { dispose(): unknown }[];

const config = (lr: number, seed = 1) => ({
  name: "experiment 1",
  data: { train: 100, valid: 50 },
  metrics: [{ type: "accuracy", options: { name: "" } }],
  optimizer: { type: "adam", options: { lr } },
  seed,
});

const run = (time: string, name: string, lr: number, more: object = {}): string =>
  writeRun(
    root,
    "tour",
    time,
    text(small({ name, config: config(lr), time: `2026-11-21T${time.slice(9, 11)}:00:00.000Z`, ...more })),
  );

beforeEach(() => {
  root = folder();
  workspace.workspaceFolders = [{ uri: Uri.file(root) }];
  store = new RunStore(() => undefined);
  window.said = [];
  window.panels = [];
  window.answer = () => undefined;
  executed.mockClear();
  kept.clear();
  const memory = {
    get: (key: string) => kept.get(key),
    update: async (key: string, value: unknown) => kept.set(key, value),
  };
  registered = registerCompare(store, Uri.file("/extension") as never, memory as never);
});

afterEach(() => {
  for (const one of registered) one.dispose();
  store.dispose();
  workspace.workspaceFolders = undefined;
  window.activeNotebookEditor = undefined;
});

const compare = async (...args: unknown[]): Promise<void> => {
  await (commands.registered.get("dlnb.compareRuns") as (...args: unknown[]) => Promise<void>)(...args);
};

const heard = async (panel: FakePanel | undefined, count = 1): Promise<ToCompare> => {
  await vi.waitFor(() => expect(panel?.posted.length).toBeGreaterThanOrEqual(count));
  return panel?.posted.at(-1) as ToCompare;
};

const shownBy = (message: ToCompare): ComparedRuns => {
  if (message.type !== "compared") throw new Error(message.text);
  return message.compared;
};

describe("Compare Runs", () => {
  test("says what to do while there are fewer than two runs", async () => {
    await compare();
    expect(window.said).toEqual([expect.stringContaining("There are no runs to compare yet")]);
    run("20261121-050000", "only", 0.1);
    await store.refresh();
    window.activeNotebookEditor = { notebook: { uri: Uri.file(join(root, "tour.dlnb")), notebookType: "dlnb" } };
    window.answer = ([button]) => button;
    await compare();
    expect(window.said.at(-1)).toContain("There is only one run yet");
    expect(executed.mock.calls).toEqual([["dlnb.compareOptimizers"]]);
    expect(window.panels).toEqual([]);
  });

  test("asks which, the two newest of the notebook in front being ticked, and shows them", async () => {
    run("20261121-050000", "old", 0.1);
    run("20261121-060000", "new", 0.01);
    run("20261121-070000", "newest", 0.001);
    window.answer = ([choice]) => choice;
    await compare(undefined, undefined);
    expect(window.said).toEqual(["Compare Runs? newest, new, old; ticked: newest, new"]);
    const [panel] = window.panels;
    panel?.receive({ type: "ready" });
    const found = shownBy(await heard(panel));
    expect(found.runs.map(({ name }) => name)).toEqual(["newest", "new"]);
    expect(found.verdict).toContain("validation accuracy 0.900");
    expect(panel?.title).toBe("Compare 2 runs");
    expect(panel?.webview.html).toContain('data-view="compare"');
  });

  test("takes the lines of the Runs view, and comes to the front when it is there", async () => {
    const keys = [run("20261121-050000", "a", 0.1), run("20261121-060000", "b", 0.01)];
    const items = keys.map((key) => ({ kind: "run", key }));
    await store.ready();
    await compare(items[0], items);
    await compare(items[0], [...items, { kind: "notebook", id: "x" }]);
    expect(window.panels).toHaveLength(1);
    expect(window.panels[0]?.revealed).toBe(1);
    // one line alone: the newest other run is ticked beside it
    await compare(items[0], undefined);
    expect(window.said.at(-1)).toBe("Compare Runs? b, a; ticked: b, a");
  });

  test("takes what is no line as nothing", async () => {
    run("20261121-050000", "a", 0.1);
    run("20261121-060000", "b", 0.01);
    await compare({ key: "/elsewhere" }, [null, 3, { key: 4 }]);
    expect(window.said.at(-1)).toContain("Compare Runs? b, a");
    expect(window.panels).toEqual([]);
  });
});

describe("the panel", () => {
  const opened = async (...keys: string[]): Promise<FakePanel> => {
    await store.ready();
    await compare(
      { key: keys[0] },
      keys.map((key) => ({ key })),
    );
    const panel = window.panels.at(-1) as FakePanel;
    panel.receive({ type: "ready" });
    await heard(panel);
    return panel;
  };

  test("shows what its reader chooses, copies it, and opens its runs and no others", async () => {
    const keys = [run("20261121-050000", "a", 0.1), run("20261121-060000", "b", 0.01)];
    const panel = await opened(...keys);
    panel.receive({ type: "view", view: { ...FIRST_VIEW, figure: "loss", hidden: ["lr 0.1"] } });
    const found = shownBy(await heard(panel, 2));
    expect(found.figure).toBe("loss");
    expect(found.groups.find(({ label }) => label === "lr 0.1")?.hidden).toBe(true);
    const written = vi.spyOn(env.clipboard, "writeText");
    panel.receive({ type: "copy", as: "csv" });
    await vi.waitFor(() => expect(written).toHaveBeenCalledWith(expect.stringMatching(/^run,group,validation loss/)));
    panel.receive({ type: "open", key: keys[1] });
    panel.receive({ type: "open", key: "/etc" });
    panel.receive({ type: "open" });
    panel.receive({ type: "view", view: { ...FIRST_VIEW, smoothing: 2 } });
    await vi.waitFor(() => expect(executed.mock.calls).toEqual([["dlnb.openRun", { key: keys[1] }]]));
    expect(panel.posted).toHaveLength(2);
  });

  test("follows a run that trains, at most twice a second, and waits while it is not seen", async () => {
    const mine = { pid: process.pid, host: hostname() };
    const time = new Date().toISOString();
    const live = writeRun(
      root,
      "tour",
      "20261121-080000",
      text([start({ name: "live", process: mine, time, config: config(0.5) })]),
    );
    const panel = await opened(run("20261121-050000", "a", 0.1), live);
    expect(shownBy(panel.posted[0] as ToCompare).runs.map((one) => one.live)).toEqual([false, true]);
    const began = Date.now();
    for (let i = 0; i < 20; i++) {
      appendFileSync(
        join(live, "log.jsonl"),
        text([{ event: "steps", from: i + 1, loss: [1 / (i + 1)], lr: [0.5], gradientNorm: [1] }]),
      );
      workspace.touch(join(live, "log.jsonl"));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await vi.waitFor(() => {
      const { runs, columns } = shownBy(panel.posted.at(-1) as ToCompare);
      expect(runs[1]?.cells[columns.findIndex(({ label }) => label === "steps done")]).toBe(20);
    }, 5000);
    expect(panel.posted.length - 1).toBeLessThanOrEqual(Math.ceil((Date.now() - began) / 500));
    panel.show(false);
    const before = panel.posted.length;
    appendFileSync(
      join(live, "log.jsonl"),
      text([{ event: "steps", from: 21, loss: [0.01], lr: [0.5], gradientNorm: [1] }]),
    );
    workspace.touch(join(live, "log.jsonl"));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(panel.posted.length).toBe(before);
    panel.show(true);
    await heard(panel, before + 1);
  });

  test("takes other runs in when asked to", async () => {
    const keys = [
      run("20261121-050000", "a", 0.1),
      run("20261121-060000", "b", 0.01),
      run("20261121-070000", "c", 0.02),
    ];
    const panel = await opened(keys[0] as string, keys[1] as string);
    window.answer = ([choice]) => choice;
    const ask = window.createQuickPick;
    const spied = vi.spyOn(window, "createQuickPick").mockImplementation(() => {
      const pick = ask();
      const show = pick.show;
      return Object.assign(pick, {
        show: () => {
          pick.selectedItems = pick.items;
          show();
        },
      });
    });
    panel.receive({ type: "choose" });
    const found = shownBy(await heard(panel, 2));
    expect(found.runs).toHaveLength(3);
    expect(panel.title).toBe("Compare 3 runs");
    spied.mockRestore();
  });

  test("comes back with the window, as it was; without runs it says that they are gone", async () => {
    const keys = [run("20261121-050000", "a", 0.1), run("20261121-060000", "b", 0.01)];
    const restored = async (state: unknown) => {
      const panel = new FakePanel("");
      await window.serializers.get("dlnb.compare")?.deserializeWebviewPanel(panel, state);
      panel.receive({ type: "ready" });
      return await heard(panel);
    };
    const view = { ...FIRST_VIEW, figure: "loss" };
    expect(shownBy(await restored({ keys: [...keys, "/gone"], view }))).toMatchObject({ figure: "loss" });
    expect(await restored({ keys: ["/gone"], view })).toMatchObject({
      type: "nothing",
      text: expect.stringContaining("gone"),
    });
    expect(await restored("nonsense")).toMatchObject({ type: "nothing" });
    // a window that went before its page had kept anything
    await compare(
      { key: keys[0] },
      keys.map((key) => ({ key })),
    );
    expect(shownBy(await restored(undefined)).runs).toHaveLength(2);
  });
});

test("messages of pages are read as far as they are ours", () => {
  expect(readFromCompare({ type: "copy", as: "html" })).toBeNull();
  expect(readFromCompare({ type: "save", name: "../x.png", base64: "" })).toBeNull();
  expect(readFromCompare({ type: "view", view: { ...FIRST_VIEW, x: "moon" } })).toBeNull();
  expect(readFromCompare({ type: "view", view: { ...FIRST_VIEW, hidden: [1] } })).toBeNull();
  expect(readFromCompare({ type: "view", view: { ...FIRST_VIEW, more: 1 } })).toEqual({
    type: "view",
    view: FIRST_VIEW,
  });
  for (const brush of [
    [{ label: "lr", low: 0 }],
    [{ label: 5, low: 0, high: 1 }],
    "all",
    Array(30).fill({ label: "a", low: 0, high: 1 }),
  ]) {
    expect(readFromCompare({ type: "view", view: { ...FIRST_VIEW, brush } })).toBeNull();
  }
  const { groupBy: _, brush: __, ...older } = FIRST_VIEW;
  expect(readFromCompare({ type: "view", view: older })).toEqual({ type: "view", view: FIRST_VIEW });
  expect(readFromCompare({ type: "export", as: "cell" })).toEqual({ type: "export", as: "cell" });
  expect(readFromCompare({ type: "export", as: "exe" })).toBeNull();
  expect(readState({ keys: ["a", "a", 3, ...Array.from({ length: 400 }, (_, i) => `k${i}`)], view: 4 })).toMatchObject({
    keys: expect.toSatisfy((keys: string[]) => keys.length === 200 && keys[0] === "a"),
    view: FIRST_VIEW,
  });
});

test("runs of one name are told apart by experiment, notebook or time", () => {
  const entry = (given: Partial<RunEntry>) =>
    ({
      name: "run 1",
      experiment: null,
      notebook: Uri.file("/w/a.dlnb"),
      startedAt: 0,
      ...given,
    }) as unknown as RunEntry;
  expect(namesOf([entry({}), entry({ name: "run 2" })])).toEqual(["run 1", "run 2"]);
  expect(namesOf([entry({ experiment: "a" }), entry({ experiment: "b" })])).toEqual(["a: run 1", "b: run 1"]);
  expect(namesOf([entry({}), entry({ notebook: Uri.file("/w/b.dlnb") as never })])).toEqual([
    "a.dlnb: run 1",
    "b.dlnb: run 1",
  ]);
  expect(new Set(namesOf([entry({}), entry({})])).size).toBe(2);
});
