import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { plots } from "../../../../engine/plots/recorded/index.ts";
import type { Chart, RunLogLine } from "../../../../engine/protocol/index.ts";
import { type FromRunPage, readRunMessage, type ToRunPage } from "../../../../src/runs/messages.ts";
import { RunPanels } from "../../../../src/runs/panel.ts";
import { RunStore } from "../../../../src/runs/store.ts";
import { commands, env, type FakePanel, Uri, window, workspace } from "../../../fake/vscode.ts";
import { folder, small, start, text, writeRun } from "./logs.ts";

const moment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a kernel that trains would be asked. */
const changes: unknown[] = [];
const status = {
  paused: false,
  stopping: null,
  step: 2,
  steps: 6,
  epoch: 1,
  epochs: 3,
  lr: 0.1,
  runs: 1,
  ownRates: false,
  plan: null,
};
const live = {
  onDidChange: () => ({ dispose: () => undefined }),
  get: (_: unknown, id: string) =>
    changes.length < 2 ? { notebook: Uri.file("/x") as never, id, name: "small", status } : undefined,
  control: async (notebook: unknown, run: string | null, change: unknown) => {
    changes.push([String(notebook), run, change]);
    return { applied: change === null, step: 0, why: "it is paused already" };
  },
};

let root: string;
let store: RunStore;
let panels: RunPanels;

beforeEach(async () => {
  root = folder();
  workspace.workspaceFolders = [{ uri: Uri.file(root) }];
  window.said = [];
  window.panels = [];
  store = new RunStore(() => undefined);
  panels = new RunPanels({ store, extension: Uri.file("/extension") as never, plots: async () => plots, live });
});

afterEach(() => {
  panels.dispose();
  store.dispose();
  workspace.workspaceFolders = undefined;
});

/** Opens the run's panel, whose page says that it is there. */
async function open(run: string, section = "curves") {
  await store.ready();
  panels.open({ key: run, name: "small" });
  const panel = window.panels.at(-1) as FakePanel;
  panel.receive({ type: "ready", section });
  const all = () => panel.posted as ToRunPage[];
  const of = <T extends ToRunPage["type"]>(type: T) =>
    all().filter((message): message is ToRunPage & { type: T } => message.type === type);
  const soon = { timeout: 20_000 };
  await expect.poll(() => of("chart").length + of("gone").length, soon).toBeGreaterThan(0);
  await expect.poll(() => of("checkpoints").length + of("gone").length, soon).toBeGreaterThan(0);
  return { panel, all, of, send: (message: FromRunPage) => panel.receive(message) };
}

const running = (): RunLogLine =>
  start({ process: { pid: process.pid, host: hostname() }, time: new Date().toISOString() });

describe("the panel of a run", () => {
  test("tells its page all there is of a run that has ended", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    mkdirSync(join(run, "checkpoints"));
    writeFileSync(join(run, "checkpoints/last.safetensors"), Buffer.alloc(12_345));
    writeFileSync(join(run, "notes.md"), "good");
    const { of } = await open(run);
    expect(of("run").at(-1)?.run).toMatchObject({
      key: run,
      name: "small",
      status: "finished",
      kept: true,
      figures: [
        { name: "accuracy", text: "0.9" },
        { name: "validation loss", text: "0.5" },
        { name: "training loss", text: "0.4" },
        { name: "steps", text: "6" },
      ],
    });
    expect(of("run").at(-1)?.run.facts).toContainEqual({ name: "backend", text: "wasm, 2 threads" });
    expect(of("chart")[0]).toMatchObject({ place: "curves", chart: { kind: "learning-curve", live: false } });
    expect(of("configuration")[0]?.configuration.layers).toEqual([
      { path: "0", type: "linear", shape: "2", parameters: "" },
    ]);
    expect(of("events")[0]).toMatchObject({ first: 0, total: 6 });
    expect(of("events")[0]?.events.map((event) => event.text)).toEqual([
      "begins on wasm, 2 threads: 6 steps in 3 epochs",
      "epoch 1: training loss 0.75, accuracy 0.5; validation loss 0.9, accuracy 0.6",
      expect.stringMatching(/^epoch 2/),
      expect.stringMatching(/^epoch 3/),
      "checkpoint checkpoints/last.safetensors (end)",
      expect.stringMatching(/^ends: finished; trainLoss 0\.4/),
    ]);
    expect(of("checkpoints")[0]?.checkpoints).toEqual([
      { file: "checkpoints/last.safetensors", step: 6, why: "end", epoch: "3", there: true, size: "12.3 kB" },
    ]);
    await expect.poll(() => of("notes").at(-1)).toEqual({ type: "notes", text: "good", why: "" });
  });

  test("sends what is new only while a run trains, and the whole curve again at its end", async () => {
    const lines = small();
    const run = writeRun(root, "tour", "20261121-052410", text([running(), ...lines.slice(1, 3)]));
    const { of } = await open(run);
    expect(of("chart")[0]?.chart).toMatchObject({ live: true });
    for (const line of lines.slice(3)) {
      appendFileSync(join(run, "log.jsonl"), text([line]));
      workspace.touch(join(run, "log.jsonl"));
    }
    await expect.poll(() => of("run").at(-1)?.run.status, { timeout: 5000 }).toBe("finished");
    await expect.poll(() => of("chart").at(-1)?.chart?.live, { timeout: 5000 }).toBe(false);
    expect(of("chart").length).toBe(2);
    expect(of("configuration").length).toBe(1);
    const events = of("events");
    expect(events.map(({ first, events: some }) => [first, some.length])).toEqual([
      [0, 2],
      [2, 4],
    ]);
  });

  test("says why there are no statistics, and draws them when looks were recorded", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    const { of, send } = await open(run);
    send({ type: "section", section: "statistics" });
    await expect.poll(() => of("chart").at(-1)?.place, { timeout: 3000 }).toBe("statistics");
    expect(of("chart").at(-1)).toMatchObject({
      chart: null,
      why: expect.stringMatching(/fit\(\{ instruments: "economy" \}\)/),
    });
    const f32 = Buffer.from(new Float32Array([0.5, 4, 2]).buffer).toString("base64");
    const looks = [
      {
        event: "looks",
        columns: [
          ["layer 0 std", 1],
          ["parameter 0 gradient scaled", 1],
          ["parameter 0 gradient peak", 1],
        ],
        layers: [{ path: "0", type: "linear" }],
        gradients: [{ path: "0", type: "linear", parameters: [0] }],
      },
      ...[2, 4, 6].map((step) => ({ event: "look", step, f32 })),
    ];
    const other = writeRun(
      root,
      "tour",
      "20261121-052411",
      text([...small().slice(0, 1), ...looks, ...small().slice(1)]),
    );
    await store.refresh();
    const second = await open(other, "statistics");
    await expect.poll(() => second.of("chart").some(({ place }) => place === "statistics")).toBe(true);
    const chart = second.of("chart").find(({ place }) => place === "statistics")?.chart as Chart;
    // sqrt(4) times a peak of 2
    expect(chart.title).toMatch(/deviations of 0\.5 to 0\.5, gradients of 4 to 4/i);
  });

  test("stays small and quick for 50,000 steps and 5,000 epochs", async () => {
    const lines: unknown[] = [start({ fit: { steps: 50_000, epochs: 5000, stepsPerEpoch: 10, resumedAt: 0 } })];
    for (let from = 1; from <= 50_000; from += 10) {
      const loss = Array.from({ length: 10 }, (_, i) => 1 / (from + i));
      lines.push({ event: "steps", from, loss, lr: loss, gradientNorm: loss });
      lines.push({
        event: "epoch",
        epoch: (from + 9) / 10,
        step: from + 9,
        train: { loss: 1 },
        valid: { loss: 1 / from },
      });
    }
    const run = writeRun(root, "tour", "20261121-052410", text([...lines, ...small().slice(-1)]));
    const { all, of, send } = await open(run);
    await expect.poll(() => of("events").length).toBeGreaterThan(0);
    expect(JSON.stringify(all()).length).toBeLessThan(1_000_000);
    expect(of("events")[0]).toMatchObject({ first: 4802, total: 5002 });
    send({ type: "earlier", before: 4802 });
    await expect.poll(() => of("events").length).toBe(2);
    expect(of("events")[1]).toMatchObject({ first: 4602 });
    expect(of("events")[1]?.events.length).toBe(200);
  });

  test("says what is not as it should be with a log, and shows the rest", async () => {
    const [newer, broken] = [
      text(small({ version: 99 })),
      `${text(small().slice(0, 4))}{"event":"epo\n${text(small().slice(4))}`,
    ].map((log, i) => writeRun(root, "tour", `20261121-05241${i}`, log)) as [string, string];
    const first = await open(newer);
    await expect
      .poll(() => first.of("run").at(-1)?.run.sentence)
      .toBe("Its log was written by a newer version of dlnb (log version 99): what is not known of it is left out.");
    const second = await open(broken);
    await expect
      .poll(() => second.of("run").at(-1)?.run.sentence)
      .toBe("Its log has 1 damaged line, which is left out.");
    await expect.poll(() => second.of("chart").length).toBeGreaterThan(0);
  });

  test("shows any events of a log of 100,000, those that are not kept too, in bounded memory", async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => ({
      event: "epoch",
      epoch: i + 1,
      step: 2 * i + 2,
      train: { loss: 1 / (i + 1) },
    }));
    const run = writeRun(root, "tour", "20261121-052410", text([start(), ...lines, ...small().slice(-1)]));
    const { of, send } = await open(run);
    await expect.poll(() => of("events").length, { timeout: 20_000 }).toBe(1);
    expect(of("events")[0]).toMatchObject({ first: 99_802, total: 100_002 });
    for (const [i, [before, first]] of (
      [
        [200, 0],
        [50_100, 49_900],
        [99_802, 99_602],
      ] as const
    ).entries()) {
      send({ type: "earlier", before });
      await expect.poll(() => of("events").length, { timeout: 20_000 }).toBe(i + 2);
      const told = of("events")[i + 1];
      expect([told?.first, told?.events.length]).toEqual([first, 200]);
      expect(told?.events.at(-1)?.text).toContain(`epoch ${(before - 1).toLocaleString("en-US")}:`);
    }
  }, 60_000);

  test("writes notes with every key, the newest where keys are faster than the disk, and after the panel was closed", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    const notes = join(run, "notes.md");
    const { panel, of, send } = await open(run);
    for (let edit = 1; edit <= 200; edit++) send({ type: "notes", text: "a".repeat(edit), edit });
    await expect.poll(() => of("saved").at(-1)?.edit).toBe(200);
    expect(readFileSync(notes, "utf8")).toBe("a".repeat(200));
    expect(of("saved").length).toBeLessThan(10);
    send({ type: "notes", text: "abcd · 🙂", edit: 201 });
    panel.dispose();
    await expect.poll(() => readFileSync(notes, "utf8")).toBe("abcd · 🙂");
  });

  test("shows notes that were changed in an editor, and never writes through a link", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    const { panel, of, send } = await open(run);
    writeFileSync(join(run, "notes.md"), "from elsewhere");
    panel.show();
    await expect.poll(() => of("notes").at(-1)?.text).toBe("from elsewhere");
    const secret = join(root, "secret");
    writeFileSync(secret, "mine");
    rmSync(join(run, "notes.md"));
    symlinkSync(secret, join(run, "notes.md"));
    send({ type: "notes", text: "x", edit: 1 });
    await expect.poll(() => of("notes").at(-1)?.why).toMatch(/notes\.md is no file/);
    expect(readFileSync(secret, "utf8")).toBe("mine");
  });

  test("goes back to checkpoints of its own folder only", async () => {
    const asked: unknown[] = [];
    commands.registerCommand("dlnb.restoreCheckpoint", (given: never) => asked.push(given));
    commands.registerCommand("dlnb.branchFromCheckpoint", (given: never) => asked.push(given));
    const run = writeRun(
      root,
      "tour",
      "20261121-052410",
      text([...small(), { event: "checkpoint", file: "../../../../../etc/passwd", step: 1, why: "x" }]),
    );
    const { of, send } = await open(run);
    expect(
      of("checkpoints")
        .at(-1)
        ?.checkpoints.map(({ file, there }) => [file, there]),
    ).toContainEqual(["../../../../../etc/passwd", false]);
    for (const file of ["../../x", "/etc/passwd", "checkpoints/../../x", "log.jsonl", "checkpoints"]) {
      send({ type: "checkpoint", do: "restore", file, step: 1 });
    }
    send({ type: "checkpoint", do: "restore", file: "checkpoints/last.safetensors", step: 6 });
    send({ type: "checkpoint", do: "branch", file: "checkpoints/last.safetensors", step: 6 });
    await moment(20);
    const given = { key: run, file: "checkpoints/last.safetensors", step: 6 };
    expect(asked).toEqual([given, given]);
  });

  test("copies its configuration as JSON and as code", async () => {
    const config = {
      name: "digits",
      loss: { type: "crossEntropy", options: { labelSmoothing: 0.1, weight: null } },
      metrics: [{ type: "accuracy", options: {} }],
      optimizer: { type: "adamw", options: { lr: 0.001, betas: [0.9, 0.999] } },
      batchSize: 32,
      seed: 7,
      regularize: [],
    };
    const schedule = { type: "warmup", options: { steps: 10, inner: { type: "cosine", options: {} } } };
    const fit = { steps: 6, epochs: 3, stepsPerEpoch: 2, resumedAt: 0, schedule };
    const run = writeRun(root, "tour", "20261121-052410", text(small({ config, fit })));
    const { of, send } = await open(run);
    expect(of("configuration")[0]?.configuration.code).toBe(true);
    const copied: string[] = [];
    env.clipboard.writeText = async (given) => void copied.push(given);
    send({ type: "copy", what: "json" });
    send({ type: "copy", what: "code" });
    await moment(20);
    expect(JSON.parse(copied[0] ?? "").config).toEqual(config);
    expect(copied[1]).toBe(`const exp = experiment({
  data: sets,
  model,
  loss: loss.crossEntropy({ labelSmoothing: 0.1 }),
  metrics: [metrics.accuracy()],
  optimizer: optim.adamw({ lr: 0.001, betas: [0.9, 0.999] }),
  batchSize: 32,
  seed: 7,
});
const run = await exp.fit({ epochs: 3, schedule: schedule.warmup({ steps: 10, inner: schedule.cosine() }) });
`);
  });

  test("stands whatever the log says, and escapes nothing twice: words are text", async () => {
    const name = "<img src=x onerror=alert(1)>";
    const odd = [null, 5, [], "x", { type: "<b>", options: { "<i>": "<u>" } }];
    for (const [i, config] of odd.entries()) {
      const lines = [
        start({ name, config, experiment: name, data: name, layers: config as never }),
        ...small().slice(1),
      ];
      const run = writeRun(root, "tour", `20261121-05241${i}`, text(lines));
      await store.refresh();
      const { of } = await open(run);
      expect(of("run").at(-1)?.run.name).toBe(name);
      expect(of("configuration").length).toBe(1);
      expect(of("gone")).toEqual([]);
    }
  });

  test("changes the run while a kernel trains it, and says why it cannot", async () => {
    changes.length = 0;
    const run = writeRun(root, "tour", "20261121-052410", text([running(), ...small().slice(1, 3)]));
    const { of, send } = await open(run);
    expect(of("live").at(-1)?.status).toEqual(status);
    send({ type: "control", change: { do: "pause" } });
    await expect.poll(() => window.said.at(-1)).toBe("small: it is paused already.");
    expect(changes).toEqual([[`file://${root}/tour.dlnb`, "run-c2-1-1", { do: "pause" }]]);
  });

  test("says so when its run goes", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    const { of } = await open(run);
    rmSync(run, { recursive: true });
    await store.refresh();
    await expect.poll(() => of("gone").at(-1)?.why, { timeout: 3000 }).toMatch(/its folder was deleted or moved/);
  });

  test("is made again from what its page kept", async () => {
    const run = writeRun(root, "tour", "20261121-052410", text(small()));
    const panel = window.createWebviewPanel("dlnb.run", "x");
    await window.serializers.get("dlnb.run")?.deserializeWebviewPanel(panel, { key: run, section: "log" });
    panel.receive({ type: "ready", section: "log" });
    await expect.poll(() => (panel.posted as ToRunPage[]).map(({ type }) => type)).toContain("chart");
    const lost = window.createWebviewPanel("dlnb.run", "x");
    await window.serializers.get("dlnb.run")?.deserializeWebviewPanel(lost, { key: 5 });
    lost.receive({ type: "ready", section: "log" });
    await expect.poll(() => (lost.posted as ToRunPage[]).map(({ type }) => type)).toContain("gone");
  });
});

test("messages of a page are taken as they should be, and others not at all", () => {
  const good: FromRunPage[] = [
    { type: "ready", section: "curves" },
    { type: "section", section: "notes" },
    { type: "notes", text: "x", edit: 1 },
    { type: "earlier", before: 5 },
    { type: "copy", what: "code" },
    { type: "checkpoint", do: "branch", file: "checkpoints/a", step: 3 },
    { type: "control", change: { do: "set-lr", value: 0.1 } },
    { type: "do", what: "cell" },
    { type: "save", name: "curve.svg", base64: "" },
  ];
  for (const message of good) expect(readRunMessage(message)).toEqual(message);
  const bad: unknown[] = [
    null,
    1,
    "ready",
    [],
    {},
    { type: "ready" },
    { type: "ready", section: "x" },
    { type: "notes", text: 1, edit: 1 },
    { type: "notes", text: "x".repeat(2e6), edit: 1 },
    { type: "notes", text: "x", edit: -1 },
    { type: "earlier", before: 1.5 },
    { type: "copy", what: "x" },
    { type: "checkpoint", do: "delete", file: "x", step: 1 },
    { type: "checkpoint", do: "restore", file: 1, step: 1 },
    { type: "control", change: { do: "explode" } },
    { type: "do", what: "shutdown" },
    { type: "save", name: "../x.svg", base64: "" },
    { type: "save", name: "x.sh", base64: "" },
  ];
  for (const message of bad) expect(readRunMessage(message)).toBe(null);
});
