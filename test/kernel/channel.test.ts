import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { decodeColumns } from "../../engine/plots/index.ts";
import { CHART_MIME, type Chart, type KernelEvent, type Output } from "../../engine/protocol/index.ts";
import { Keeper, type KernelProcess, locateKernel } from "../../src/kernel/index.ts";
import { testFolder } from "../support/kernel.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const NOTEBOOK = "file:///somewhere/test.dlnb";

const TRAINING = `
const x = tensor(Array.from({ length: 256 }, (_, i) => [i / 128 - 1]))
const y = tensor(Array.from({ length: 256 }, (_, i) => [Math.sin(i / 20)]))
const exp = experiment({
  data: data.tensors({ x, y }), model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-3 }), batchSize: 32, seed: 1,
})
console.log("begins")
const run = await exp.fit({ epochs: 1_000_000 })`;

/** A notebook's folder, the private folder of a keeper, and kernels that end with the test. */
function setUp(keepAliveSeconds: number) {
  const folder = testFolder();
  const kept = join(folder, "kernels");
  const keeper = new Keeper(kept, () => keepAliveSeconds);
  const events: KernelEvent[] = [];
  const start = async () => {
    const kernel = await keeper.start(
      NOTEBOOK,
      startOptions(folder, (event) => events.push(event)),
    );
    killLater(kernel.info.pid);
    return kernel;
  };
  return { folder, kept, keeper, events, start, descriptor: () => readDescriptor(kept) };
}

const startOptions = (folder: string, onEvent: (event: KernelEvent) => void) => ({
  ...locateKernel(root),
  client: { name: "test", version: "1" },
  notebook: join(folder, "test.dlnb"),
  folder,
  backend: "wasm" as const,
  threads: 1,
  overrides: {},
  onEvent,
  onLog: () => {},
});

function killLater(pid: number): void {
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
}

function readDescriptor(kept: string) {
  const [name = ""] = readdirSync(kept).filter((name) => name.endsWith(".json"));
  return JSON.parse(readFileSync(join(kept, name), "utf8"));
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function gone(pid: number, withinMs: number): Promise<number> {
  const since = performance.now();
  while (isAlive(pid) && performance.now() - since < withinMs) await sleep(50);
  return performance.now() - since;
}

async function until(fits: () => boolean, withinMs = 20_000): Promise<void> {
  for (const since = performance.now(); !fits(); await sleep(20))
    if (performance.now() - since > withinMs) throw new Error("it did not come to that");
}

const run = (kernel: KernelProcess, cell: string, text: string) =>
  kernel.request("run", { cell, index: 1, text }).catch(() => null);

const trains = (events: readonly KernelEvent[]) => () =>
  events.some((event) => event.event === "progress" && (event.run?.step ?? 0) > 0);

/** Joins the one kernel there is. */
async function rejoin(keeper: Keeper, take = false, notebook = NOTEBOOK) {
  const events: KernelEvent[] = [];
  const [found] = await keeper.find(notebook);
  const joined = await found?.attach({ take, onEvent: (event) => events.push(event), onLog: () => {} });
  if (!joined) throw new Error("no kernel was found");
  return { ...joined, events };
}

/** Steps of the learning curve: those in the outputs, then those that came as rows. */
function steps(outputs: readonly Output[], events: readonly KernelEvent[]): number[] {
  const charts = outputs.flatMap(({ items }) => items.flatMap((item) => (item.mime === CHART_MIME ? [item.data] : [])));
  const curve = charts.find(({ kind }) => kind === "learning-curve") as Chart;
  const of = (columns: Chart["datasets"][string]) => (decodeColumns(columns).step ?? []) as number[];
  let found = of(curve.datasets.train ?? {});
  for (const event of events) {
    if (event.event === "output")
      for (const { mime, data } of event.output.items)
        if (mime === CHART_MIME && data.id === curve.id) found = of(data.datasets.train ?? {});
    if (event.event !== "rows" || event.chart !== curve.id || event.dataset !== "train") continue;
    found = event.replace ? of(event.columns) : [...found, ...of(event.columns)];
  }
  return found;
}

describe("the socket of a kernel", () => {
  test("is in a folder that only its user can enter, as is the file that tells of it", async () => {
    const { start, kept, descriptor } = setUp(0);
    await start();
    const { address } = descriptor();
    expect(statSync(dirname(address)).mode & 0o777).toBe(0o700);
    expect(statSync(kept).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(kept)) expect(statSync(join(kept, name)).mode & 0o777, name).toBe(0o600);
    expect(address.length).toBeLessThan(100);
  });

  test.each([
    ["a wrong token", JSON.stringify({ token: "0".repeat(64), take: true, keepAliveSeconds: 1 })],
    ["no token", JSON.stringify({ take: true, keepAliveSeconds: 1 })],
    ["what is no JSON", "GET / HTTP/1.1"],
    ["a line without an end", "x".repeat(5000)],
  ])("turns away %s, and the client that is there notices nothing", async (_, words) => {
    const { start, descriptor } = setUp(0);
    const kernel = await start();
    const answer = await new Promise<string>((resolve) => {
      let said = "";
      const socket = connect(descriptor().address, () => socket.write(words + (words.startsWith("x") ? "" : "\n")));
      socket.on("data", (bytes) => {
        said += bytes;
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(said));
    });
    expect(JSON.parse(answer)).toEqual({ ok: false, why: "token" });
    expect(await run(kernel, "a", "1 + 1")).toMatchObject({ ok: true });
  });

  test("hangs up on whoever says nothing", async () => {
    const { start, descriptor } = setUp(0);
    await start();
    const closed = new Promise((resolve) => connect(descriptor().address).on("close", resolve));
    await expect(closed).resolves.toBe(false);
  });

  test("is for one client: a second one is told so, unless it takes the kernel over", async () => {
    const { start, keeper } = setUp(0);
    const first = await start();
    await run(first, "a", "const kept = 42");
    await expect(rejoin(keeper)).rejects.toMatchObject({ name: "KernelRefused", why: "busy" });
    expect(await run(first, "b", "kept")).toMatchObject({ ok: true, order: 2 });
    const second = await rejoin(keeper, true);
    expect(await first.ended).toMatchObject({ taken: true });
    expect(await run(second.kernel, "c", "console.log(kept)")).toMatchObject({ ok: true, order: 3 });
    expect(second.events).toContainEqual({ event: "text", cell: "c", stream: "stdout", text: "42\n" });
  });

  test("carries as much as a cell shows, whole and in order", async () => {
    const { start, events } = setUp(0);
    const kernel = await start();
    const shown = "for (let i = 0; i < 400; i++) display(String(i).repeat(20_000))";
    expect(await run(kernel, "much", shown)).toMatchObject({ ok: true });
    const texts = events.flatMap((event) =>
      event.event === "output" ? event.output.items.map(({ data }) => data) : [],
    );
    expect(texts.length).toBe(400);
    texts.forEach(
      (text, i) => void expect(String(text).startsWith(`'${i}${i}`) || String(text).startsWith(`${i}${i}`)).toBe(true),
    );
  });
});

describe("a kernel whose client leaves", () => {
  test("goes on with its cell, and tells the next client everything, no row missing or twice", async () => {
    const { start, keeper, events } = setUp(60);
    const first = await start();
    await run(first, "before", "const before = 1");
    void run(first, "train", TRAINING);
    await until(trains(events));
    const startedAfter = Date.now();
    first.leave();
    await sleep(1000);
    const { kernel, state, events: later } = await rejoin(keeper);
    expect(state).toMatchObject({ order: 2, running: { cell: "train", index: 1, text: TRAINING, order: 2 } });
    expect(state.ran).toEqual([{ cell: "before", text: "const before = 1", order: 1, ok: true }]);
    expect(Date.parse(state.running?.startedAt ?? "")).toBeLessThan(startedAfter);
    expect(state.running?.outputs[0]).toMatchObject({ id: "stdout-1", items: [{ data: "begins\n" }] });
    const outcome = kernel.request("outcome", { cell: "train" });
    await until(trains(later));
    await sleep(300);
    const found = steps(state.running?.outputs ?? [], later);
    expect(found.length).toBeGreaterThan(10);
    // a row for every step, or for every so many where a long run was thinned
    const strides = found.slice(1).map((step, i) => step - (found[i] ?? 0));
    expect(new Set(strides).size).toBe(1);
    await kernel.interrupt();
    expect(await outcome).toMatchObject({ ok: false, order: 2, error: { name: "Interrupted" } });
    expect(await run(kernel, "after", "before")).toMatchObject({ ok: true, order: 3 });
  });

  test("runs the cells that the client was going to run, up to one that fails", async () => {
    const { start, keeper } = setUp(60);
    const first = await start();
    const cells = [
      { cell: "b", index: 2, text: "const b = a + 1" },
      { cell: "c", index: 3, text: "throw new Error('no')" },
      { cell: "d", index: 4, text: "const d = 1" },
    ];
    void run(first, "a", "await new Promise((r) => setTimeout(r, 400)); const a = 1");
    await first.request("queue", { cells });
    first.leave();
    await sleep(1500);
    const { state, kernel } = await rejoin(keeper);
    expect(state.ran.map(({ cell, ok }) => [cell, ok])).toEqual([
      ["a", true],
      ["b", true],
      ["c", false],
    ]);
    expect(state.queued).toEqual([]);
    expect(await kernel.request("outcome", { cell: "b" })).toMatchObject({ ok: true, order: 2 });
    await expect(kernel.request("outcome", { cell: "d" })).rejects.toThrow('no cell "d" has run');
  });

  test("hands what still waits to the client that comes", async () => {
    const { start, keeper } = setUp(60);
    const first = await start();
    void run(first, "a", "await new Promise((r) => setTimeout(r, 3000))");
    await first.request("queue", { cells: [{ cell: "b", index: 2, text: "2" }] });
    first.leave();
    const { state, kernel } = await rejoin(keeper);
    expect(state.queued).toEqual([{ cell: "b", index: 2, text: "2" }]);
    await kernel.request("outcome", { cell: "a" });
    await sleep(100);
    expect(await kernel.request("status", {})).toMatchObject({ state: "idle" });
  });

  test("ends when nobody comes back to it, and leaves nothing behind", async () => {
    const { start, descriptor, keeper, kept } = setUp(3);
    const kernel = await start();
    const { address } = descriptor();
    kernel.leave();
    const took = await gone(kernel.info.pid, 20_000);
    expect(took).toBeGreaterThan(2000);
    expect(took).toBeLessThan(10_000);
    expect(existsSync(dirname(address))).toBe(false);
    expect(await keeper.find(NOTEBOOK)).toEqual([]);
    expect(readdirSync(kept)).toEqual([]);
  });

  test("is kept by a training that its cell did not await, as long as that goes on", async () => {
    const { start, events, keeper } = setUp(6);
    const kernel = await start();
    expect(await run(kernel, "train", TRAINING.replace("const run = await", "const run ="))).toMatchObject({
      ok: true,
    });
    await until(trains(events));
    expect(await kernel.request("status", {})).toMatchObject({
      state: "busy",
      cell: null,
      run: { step: expect.any(Number) },
    });
    kernel.leave();
    await sleep(4000);
    const { kernel: again } = await rejoin(keeper);
    const { run: training } = await again.request("status", {});
    expect(training?.step).toBeGreaterThan(0);
    expect(
      await again.request("control", { run: training?.id ?? null, change: { do: "stop-after-epoch" } }),
    ).toMatchObject({ applied: true });
    for (let state = "busy"; state === "busy"; await sleep(50)) state = (await again.request("status", {})).state;
    expect(await again.request("status", {})).toMatchObject({ state: "idle", run: null });
  });

  test("goes on where its notebook has been moved, with the runs and outputs so far, while it trains", async () => {
    const { start, events, folder, keeper } = setUp(60);
    const kernel = await start();
    await run(kernel, "first", "console.log('kept')");
    void run(kernel, "train", TRAINING);
    await until(trains(events));
    const notebook = join(folder, "elsewhere", "moved.dlnb");
    mkdirSync(dirname(notebook));
    const to = join(folder, "elsewhere", ".dlnb", "moved");
    expect(await kernel.request("relocate", { notebook, take: true })).toEqual({ runFolder: to, why: "" });
    await keeper.readdress(NOTEBOOK, "file:///elsewhere/moved.dlnb");
    kernel.leave();
    expect(existsSync(join(folder, ".dlnb", "test"))).toBe(false);
    expect(await keeper.find(NOTEBOOK)).toEqual([]);
    const again = await rejoin(keeper, false, "file:///elsewhere/moved.dlnb");
    expect(again.state).toMatchObject({ running: { cell: "train" }, info: { runFolder: to } });
    const [id = ""] = readdirSync(join(to, "runs"));
    const log = join(to, "runs", id, "log.jsonl");
    const before = statSync(log).size;
    await until(() => statSync(log).size > before);
    await again.kernel.request("control", { run: null, change: { do: "stop-after-epoch" } });
    expect(await again.kernel.request("outcome", { cell: "train" })).toMatchObject({ ok: true });
    expect(readFileSync(log, "utf8")).toContain('"event":"end"');
    expect(readdirSync(join(to, "runs", id, "checkpoints")).length).toBeGreaterThan(0);
    expect(readdirSync(join(to, "outputs")).sort()).toEqual(["first.json", "train.json"]);
    expect(existsSync(join(folder, ".dlnb", "test"))).toBe(false);
  });

  test("takes no runs to where another notebook has some, and keeps the next ones there", async () => {
    const { start, folder } = setUp(60);
    const kernel = await start();
    await run(kernel, "first", "1");
    const to = join(folder, ".dlnb", "taken");
    mkdirSync(join(to, "runs"), { recursive: true });
    const answer = await kernel.request("relocate", { notebook: join(folder, "taken.dlnb"), take: true });
    expect(answer).toEqual({ runFolder: to, why: `${to} has runs of another notebook` });
    expect(existsSync(join(folder, ".dlnb", "test", "outputs", "first.json"))).toBe(true);
    await run(kernel, "second", "2");
    expect(readdirSync(join(to, "outputs"))).toEqual(["second.json"]);
    await kernel.close();
  });

  test("stops at once, with a checkpoint, where it is not to be kept", async () => {
    const { start, events, folder } = setUp(0);
    const kernel = await start();
    void run(kernel, "train", TRAINING);
    await until(trains(events));
    kernel.leave();
    expect(await gone(kernel.info.pid, 20_000)).toBeLessThan(8000);
    const runs = join(folder, ".dlnb", "test", "runs");
    const [id = ""] = readdirSync(runs);
    expect(readdirSync(join(runs, id, "checkpoints"))).toContain("last.safetensors");
    expect(JSON.parse(readFileSync(join(folder, ".dlnb", "test", "outputs", "train.json"), "utf8"))).toMatchObject({
      ok: false,
    });
  });

  test.each([
    ["waits", "await new Promise(() => {})"],
    ["loops and never yields", "for (;;);"],
    ["loops and catches everything", "for (;;) { try { for (;;); } catch {} }"],
  ])("ends when its time is up, though its cell %s", async (_, text) => {
    const { start, events } = setUp(1);
    const kernel = await start();
    void run(kernel, "stuck", text);
    await until(() => events.some((event) => event.event === "state" && event.state === "busy"));
    await sleep(100);
    kernel.leave();
    expect(await gone(kernel.info.pid, 30_000)).toBeLessThan(20_000);
  });

  test("lives on when the process that started it is killed, and is found by the next", async () => {
    const { folder, kept, keeper } = setUp(30);
    const script = `
      import { Keeper, locateKernel } from ${JSON.stringify(join(root, "src/kernel/index.ts"))};
      const keeper = new Keeper(${JSON.stringify(kept)}, () => 30);
      const folder = ${JSON.stringify(folder)};
      const kernel = await keeper.start(${JSON.stringify(NOTEBOOK)}, {
        ...locateKernel(${JSON.stringify(root)}), client: { name: "test", version: "1" }, notebook: folder + "/test.dlnb", folder,
        backend: "wasm", threads: 1, overrides: {}, onLog() {},
        onEvent(event) { if (event.event === "progress" && event.run?.step > 0) console.log("trains"); },
      });
      console.log("pid", kernel.info.pid);
      await kernel.request("run", { cell: "train", index: 1, text: ${JSON.stringify(TRAINING)} });`;
    const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    parent.stdout.on("data", (bytes) => {
      said += bytes;
    });
    await until(() => said.includes("trains"));
    const pid = Number(/pid (\d+)/.exec(said)?.[1]);
    killLater(pid);
    parent.kill("SIGKILL");
    await sleep(1000);
    expect(isAlive(pid)).toBe(true);
    const { kernel, state } = await rejoin(keeper);
    expect(state.running?.cell).toBe("train");
    expect(kernel.info.pid).toBe(pid);
    expect(await kernel.close()).toMatchObject({ how: "ended" });
    expect(isAlive(pid)).toBe(false);
    await until(() => readdirSync(kept).length === 0);
  });
});

describe("a kernel on a socket that dies", () => {
  test("says how, with the last lines of its stderr", async () => {
    const { start, kept } = setUp(60);
    const kernel = await start();
    const running = kernel.request("run", {
      cell: "a",
      index: 3,
      text: "import fs from 'node:fs'\nfs.writeSync(2, 'driver gave up\\n'); process.abort()",
    });
    await expect(running).rejects.toMatchObject({
      message: expect.stringMatching(/^kernel .+ while running cell 3; its last output is below$/),
      lastOutput: expect.stringContaining("driver gave up"),
    });
    await until(() => readdirSync(kept).length === 0);
  });

  test("is noticed by a client that did not start it", async () => {
    const { start, keeper } = setUp(60);
    const first = await start();
    first.leave();
    const { kernel } = await rejoin(keeper);
    const running = kernel.request("run", { cell: "a", index: 1, text: "await new Promise(() => {})" });
    process.kill(kernel.info.pid, "SIGKILL");
    await expect(running).rejects.toThrow("kernel ended while running cell 1");
  });
});
