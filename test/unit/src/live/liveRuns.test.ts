import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { RunControl, RunStatus } from "../../../../engine/protocol/index.ts";
import type { ToRenderer } from "../../../../src/controller/messages.ts";
import type { SessionNews } from "../../../../src/controller/sessions.ts";
import { liveCommands } from "../../../../src/live/commands.ts";
import { LiveRuns } from "../../../../src/live/liveRuns.ts";
import { followNotebookInFront } from "../../../../src/notebook/inFront.ts";
import { commands, EventEmitter, Uri, window } from "../../../fake/vscode.ts";

const run = (given: Partial<RunStatus> = {}): RunStatus => ({
  id: "run-1",
  name: "run 1",
  folder: null,
  step: 10,
  steps: 100,
  epoch: 1,
  epochs: 10,
  trainLoss: 0.5,
  validLoss: null,
  metric: null,
  lr: 0.1,
  stepsPerSecond: 10,
  etaSeconds: 9,
  backend: "wasm",
  paused: false,
  stopping: null,
  ...given,
});

const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Live runs of notebooks whose kernels do what they are asked. */
function setUp(plan: unknown = { steps: [10, 99], lr: [0.1, 0.1], planned: [0.1, 0.1] }) {
  const news = new EventEmitter<SessionNews>();
  const asked: [method: string, params: unknown][] = [];
  const told: ToRenderer[] = [];
  const keys: Record<string, unknown> = {};
  commands.executeCommand = async (command: string, key: string, value: unknown) => {
    if (command === "setContext") keys[key] = value;
  };
  let answer: unknown = { applied: true, step: 12, why: "" };
  const kernel = {
    request: async (method: string, params: unknown) => {
      asked.push([method, params]);
      if (method === "plan") return plan;
      if (method === "status") return { state: "busy", run: run({ paused: true }) };
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const sessions = { onNews: news.event, at: () => ({ kernel: Promise.resolve(kernel) }) };
  const following = followNotebookInFront();
  onTestFinished(() => following.dispose());
  const live = new LiveRuns(sessions as never, (_, message) => told.push(message));
  const [a, b] = [Uri.file("/a.dlnb"), Uri.file("/b.dlnb")] as [Uri, Uri];
  const open = (uri: Uri | null) => {
    window.activeNotebookEditor = uri && { notebook: { uri, notebookType: "dlnb" } };
    window.changeActive();
  };
  const event = (notebook: Uri, given: object) =>
    news.fire({ notebook: notebook as never, news: "event", event: given as never, cell: null });
  const progress = (notebook: Uri, given: Partial<RunStatus> = {}) =>
    event(notebook, { event: "progress", message: "", run: run(given) });
  const store = { get: (key: string) => (key === "k" ? { notebook: b, id: "run-1", name: "run 1" } : undefined) };
  const given = liveCommands(live, store as never);
  const command = (id: string, item?: unknown) => (given[id] as (item?: unknown) => Promise<void>)(item);
  const changes = () => asked.flatMap(([method, params]) => (method === "control" ? [params] : []));
  return {
    live,
    news,
    asked,
    told,
    keys,
    a,
    b,
    open,
    event,
    progress,
    command,
    changes,
    answers: (one: unknown) => (answer = one),
  };
}

beforeEach(() => {
  window.said = [];
  window.answer = () => undefined;
});

describe("runs under way", () => {
  test("are told of with their plan, and gone when they end", async () => {
    const { live, a, progress, event, told } = setUp();
    progress(a);
    await moment();
    expect(live.of(a as never)).toMatchObject([{ id: "run-1", name: "run 1", status: { lr: 0.1, step: 10 } }]);
    expect(told.at(-1)).toMatchObject({ type: "live", run: "run-1", status: { plan: { steps: [10, 99] } } });
    event(a, { event: "run", run: { id: "run-1" } });
    expect(live.of()).toEqual([]);
  });

  test.each([
    ["its cell ends", { news: "running", running: false, cell: {} }],
    ["its kernel ends", { news: "kernel", phase: "none" }],
    ["nothing runs any more", { news: "event", event: { event: "state", state: "idle", cell: null }, cell: null }],
  ])("are gone when %s", (_, what) => {
    const { live, a, b, progress, news } = setUp();
    progress(a);
    progress(b);
    news.fire({ notebook: a, ...what } as never);
    expect(live.of().map(({ notebook }) => notebook)).toEqual([b]);
  });

  test("are met in a kernel that was left waiting by another window", async () => {
    const { live, a, news } = setUp();
    news.fire({ notebook: a as never, news: "kernel", phase: "ready" });
    await moment();
    expect(live.of()).toMatchObject([{ id: "run-1", status: { paused: true } }]);
  });

  test("set the context keys of the notebook in front", () => {
    const { a, b, open, progress, keys, news } = setUp();
    open(a);
    progress(a);
    expect(keys).toEqual({ "dlnb.training": true, "dlnb.paused": false });
    progress(a, { paused: true });
    expect(keys).toEqual({ "dlnb.training": true, "dlnb.paused": true });
    open(b);
    expect(keys).toEqual({ "dlnb.training": false, "dlnb.paused": false });
    open(a);
    news.fire({ notebook: a as never, news: "kernel", phase: "none" });
    expect(keys).toEqual({ "dlnb.training": false, "dlnb.paused": false });
  });

  test("that train side by side are one run by the id of any, and changed as one", async () => {
    const { live, a, progress, asked } = setUp();
    const beside = { runs: ["run-1", "run-2"].map((id) => ({ id, folder: null })), ownRates: true };
    progress(a, { beside });
    await moment();
    expect(live.get(a as never, "run-2")).toMatchObject({
      id: "run-1",
      status: { runs: 2, ownRates: true, lr: null, plan: null },
    });
    await live.control(a as never, "run-2", { do: "scale-lr", factor: 0.5 });
    expect(asked).toContainEqual(["control", { run: "run-1", change: { do: "scale-lr", factor: 0.5 } }]);
    expect(live.get(a as never, "run-3")).toBeUndefined();
  });

  test("ask for their plan again when they leave it, and not at every step", async () => {
    const { a, progress, asked } = setUp();
    progress(a);
    await moment();
    for (const step of [11, 12, 13]) progress(a, { step });
    await moment();
    expect(asked.filter(([method]) => method === "plan").length).toBe(1);
  });

  test("say why a change is not made, and never reject", async () => {
    const { live, a, progress, answers } = setUp();
    progress(a);
    answers({ applied: false, step: 0, why: "the run has ended" });
    const pause: RunControl = { do: "pause" };
    expect(await live.control(a as never, "run-1", pause)).toMatchObject({ applied: false, why: "the run has ended" });
    answers(new Error("the kernel exited"));
    expect(await live.control(a as never, "run-1", pause)).toMatchObject({ applied: false, why: "the kernel exited" });
  });
});

describe("commands", () => {
  test("change the run of the notebook in front", async () => {
    const { a, b, open, progress, command, changes } = setUp();
    progress(a);
    progress(b, { id: "run-2" });
    open(b);
    await command("dlnb.pause");
    await command("dlnb.stopAfterEpoch");
    expect(changes()).toEqual([
      { run: "run-2", change: { do: "pause" } },
      { run: "run-2", change: { do: "stop-after-epoch" } },
    ]);
    expect(window.said).toEqual(["dlnb: run 1: paused at step 12", "dlnb: run 1: stops after this epoch"]);
  });

  test("change the only run there is from anywhere but another notebook", async () => {
    const { a, b, open, progress, command, changes } = setUp();
    progress(a);
    open(null);
    await command("dlnb.pause");
    expect(changes().length).toBe(1);
    open(b);
    window.said = [];
    await command("dlnb.pause");
    expect(changes().length).toBe(1);
    expect(window.said).toEqual(["Nothing trains in this notebook; a.dlnb does."]);
  });

  test("ask which run where several fit, and take the line of the Runs view", async () => {
    const { a, b, open, progress, command, changes } = setUp();
    open(a);
    progress(a);
    progress(a, { id: "run-2", name: "run 2" });
    progress(a, { id: "run-3", name: "run 3", paused: true });
    progress(b);
    window.answer = (choices) => choices[1];
    await command("dlnb.pause");
    expect(window.said[0]).toBe("Pause Training? run 1, run 2");
    await command("dlnb.resume");
    await command("dlnb.pause", { key: "k" });
    expect(changes()).toEqual([
      { run: "run-2", change: { do: "pause" } },
      { run: "run-3", change: { do: "resume" } },
      { run: "run-1", change: { do: "pause" } },
    ]);
  });

  test("say in a sentence why they cannot", async () => {
    const { a, open, progress, command, answers, changes } = setUp({ steps: [10], lr: [null], planned: [null] });
    open(a);
    const ids = ["dlnb.pause", "dlnb.resume", "dlnb.stopAfterEpoch", "dlnb.setLearningRate"];
    for (const id of ids) await command(id);
    expect(new Set(window.said)).toEqual(
      new Set(["Nothing trains now. Run a cell with fit, and it can be changed while it goes on."]),
    );
    progress(a, { stopping: "epoch", lr: Number.NaN });
    window.said = [];
    for (const id of ids.slice(1)) await command(id);
    expect(window.said).toEqual([
      "run 1: it is not paused.",
      "run 1: it stops after this epoch already.",
      "run 1: it has no learning rate that could be set.",
    ]);
    answers({ applied: false, step: 0, why: "the run has ended" });
    window.said = [];
    await command("dlnb.pause");
    expect(window.said).toEqual(["run 1: the run has ended."]);
    expect(changes().length).toBe(1);
  });
});
