import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PROTOCOL_VERSION, type SavedCell } from "../../engine/protocol/index.ts";
import { KernelExited, KernelProcess } from "../../src/kernel/index.ts";
import { rawKernel, testFolder, testKernel } from "../support/kernel.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const TRAINING = `
const x = tensor(Array.from({ length: 256 }, (_, i) => [i / 128 - 1]))
const y = tensor(Array.from({ length: 256 }, (_, i) => [Math.sin(i / 20)]))
const exp = experiment({
  data: data.tensors({ x, y }).split({ valid: 0.2, seed: 1 }),
  model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-3 }), batchSize: 32, seed: 1,
})
const run = await exp.fit({ epochs: 1_000_000 })`;

describe("interrupt", () => {
  test.each([
    ["an endless loop", "while (true) {}"],
    ["an endless loop that catches everything", "for (;;) { try { while (true) {} } catch {} }"],
    ["an endless loop after an await", "await null; for (;;);"],
    ["a loop that only awaits what is there", "for (;;) await null"],
    ["a loop that yields", "for (;;) await new Promise((r) => setTimeout(r, 5))"],
    ["a promise that never settles", "await new Promise(() => {})"],
    ["a regular expression that backtracks for years", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
    ["a loop in a timer", "setTimeout(() => { for (;;); }, 1); await new Promise((r) => setTimeout(r, 1e6))"],
  ])("stops %s, and the kernel goes on", async (_, text) => {
    const { run, value, process, seen } = await testKernel();
    await run("const kept = 1");
    const running = run(text, "endless");
    await seen((e) => e.event === "state" && e.cell === "endless");
    await sleep(100);
    await process.interrupt();
    const result = await running;
    expect(result).toMatchObject({ ok: false, error: { name: "Interrupted" } });
    expect(await value("kept")).toBe("1");
  });

  test("drops the cells that wait", async () => {
    const { run, process, seen, value } = await testKernel();
    const running = run("await new Promise(() => {})", "first");
    const waiting = run("const never = 1", "second");
    await seen((e) => e.event === "state" && e.cell === "first");
    expect(await process.request("status", {})).toMatchObject({ state: "busy", cell: "first", queued: ["second"] });
    await process.interrupt();
    expect((await running).ok).toBe(false);
    expect(await waiting).toMatchObject({ ok: false, error: { name: "Interrupted" } });
    expect(await value("typeof never")).toBe("'undefined'");
  });

  test("stops training within a second, keeps its run for the next cell, and status answers meanwhile", async () => {
    const { run, process, seen, value, folder } = await testKernel();
    const training = run(TRAINING, "train");
    await seen((e) => e.event === "progress" && (e.run?.step ?? 0) > 0);
    const status = await process.request("status", {});
    expect(status).toMatchObject({ state: "busy", cell: "train", backend: "wasm" });
    expect(status.run?.stepsPerSecond).toBeGreaterThan(0);
    const started = performance.now();
    await process.interrupt();
    expect((await training).error?.name).toBe("Interrupted");
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await value("run")).toMatch(/interrupted/);
    const runs = join(folder, ".dlnb", "test", "runs");
    const [id = ""] = readdirSync(runs);
    expect(readdirSync(join(runs, id, "checkpoints"))).toContain("last.safetensors");
  });

  test("pressed twice ends the process", async () => {
    const { run, process, seen } = await testKernel();
    const running = run("await new Promise(() => {})", "stuck");
    await seen((e) => e.event === "state" && e.cell === "stuck");
    void process.interrupt();
    void process.interrupt();
    await expect(running).rejects.toThrow(KernelExited);
  });

  test("of an idle kernel does nothing, also to the next cell", async () => {
    const { process, value } = await testKernel();
    expect(await process.request("interrupt", {})).toEqual({ stopping: false });
    expect(await value("let n = 0; for (let i = 0; i < 10; i++) n += i; n")).toBe("45");
  });
});

describe("the end of a kernel", () => {
  test("by a signal fails its running cell with an error that says so", async () => {
    const { run, process, seen } = await testKernel();
    const running = run("await new Promise(() => {})", "killed");
    await seen((e) => e.event === "state" && e.cell === "killed");
    globalThis.process.kill(process.info.pid, "SIGKILL");
    await expect(running).rejects.toThrow("kernel was killed (SIGKILL) while running cell 1");
    await expect(process.ended).resolves.toMatchObject({ how: "was killed (SIGKILL)" });
    await expect(process.request("status", {})).rejects.toThrow(KernelExited);
  });

  test("comes with its last output", async () => {
    const { run } = await testKernel();
    const running = run("import fs from 'node:fs'\nfs.writeSync(2, 'driver gave up\\n'); process.abort()");
    const error = await running.catch((e) => e);
    expect(error).toBeInstanceOf(KernelExited);
    expect(error.message).toMatch(/^kernel .+ while running cell 1; its last output is below$/);
    expect(error.lastOutput).toContain("driver gave up");
  });

  test.each([
    ["idle", undefined],
    ["training", TRAINING],
    ["stuck in a loop", "await null; for (;;);"],
  ])("comes by itself when the channel closes while %s", async (_, text) => {
    const { run, process, seen } = await testKernel();
    if (text !== undefined) {
      run(text, "busy").catch(() => {});
      await seen((e) => (text === TRAINING ? e.event === "progress" && e.run !== null : e.event === "state"));
      await sleep(50);
    }
    expect(await process.close(20_000)).toMatchObject({ how: "exited (code 0)" });
  });

  test("before it has started says what it was", async () => {
    const folder = testFolder({ "crash.mjs": "console.error('no such driver'); process.exit(3)" });
    const start = KernelProcess.start({
      node: globalThis.process.execPath,
      kernel: join(folder, "crash.mjs"),
      env: {},
      runtime: "named",
      client: { name: "test", version: "1" },
      notebook: null,
      folder,
      backend: "wasm",
      threads: 1,
      overrides: {},
      onEvent: () => {},
      onLog: () => {},
    });
    const error = await start.catch((e) => e);
    expect(error).toBeInstanceOf(KernelExited);
    expect(error).toMatchObject({
      message: "kernel exited (code 3); its last output is below",
      lastOutput: "no such driver",
    });
  });

  test("is what shutdown asks for", async () => {
    const { process } = await testKernel();
    await process.request("shutdown", {});
    expect(await process.ended).toMatchObject({ how: "exited (code 0)" });
  });
});

describe("saved outputs", () => {
  test("are on disk before the result, with charts in their last state", async () => {
    const { run, folder } = await testKernel();
    const saved = (cell: string): SavedCell =>
      JSON.parse(readFileSync(join(folder, ".dlnb", "test", "outputs", `${cell}.json`), "utf8"));
    await run("console.log('hi'); 42", "ok");
    expect(saved("ok")).toMatchObject({ version: 1, cell: "ok", ok: true, order: 1 });
    expect(saved("ok").outputs.map(({ items }) => items[0]?.data)).toEqual(["hi\n", "42"]);
    await run(TRAINING.replace("1_000_000", "3"), "chart");
    const chart = saved("chart")
      .outputs.flatMap(({ items }) => items)
      .find(({ mime }) => mime.includes("chart"));
    expect(chart?.data).toMatchObject({ live: false, kind: "learning-curve" });
    await run("throw new Error('x')", "bad");
    expect(saved("bad")).toMatchObject({ ok: false, outputs: [{ id: "error" }] });
    expect(readdirSync(join(folder, ".dlnb", "test", "outputs")).filter((f) => f.includes("tmp"))).toEqual([]);
  });

  test("of an untitled notebook are not kept", async () => {
    const folder = testFolder();
    const { run, process } = await testKernel({ notebook: null, folder });
    await run("1");
    expect(process.info.runFolder).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("bytes that no client would write", () => {
  const initialize = (folder: string, protocol = PROTOCOL_VERSION) => ({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: {
      protocol,
      client: { name: "raw", version: "1" },
      notebook: null,
      folder,
      backend: "wasm",
      threads: 1,
      overrides: {},
    },
  });
  const hasId = (id: number | null) => (m: Record<string, unknown>) => "id" in m && m.id === id;

  test("are answered by errors, and the kernel goes on", async () => {
    const kernel = rawKernel();
    kernel.send({ jsonrpc: "2.0", id: 7, method: "run", params: { cell: "a", index: 1, text: "1" } });
    expect(await kernel.receive(hasId(7))).toMatchObject({ error: { code: -32002 } });
    kernel.write("what is this?\r\n");
    kernel.write("Content-Length: 9\r\n\r\n{not json");
    await kernel.receive((m) => JSON.stringify(m).includes("not a message"));
    await kernel.receive((m) => JSON.stringify(m).includes("not JSON"));
    kernel.send([1, 2]);
    kernel.send({ id: 8, method: "status" });
    expect(await kernel.receive(hasId(8))).toMatchObject({ error: { code: -32600 } });
    kernel.send(initialize(testFolder()));
    expect(await kernel.receive(hasId(1))).toMatchObject({ result: { protocol: PROTOCOL_VERSION } });
    const refused: [number, string, unknown, number][] = [
      [20, "nonsense", {}, -32601],
      [21, "run", { cell: "../../etc", index: 1, text: "" }, -32602],
      [22, "run", { cell: "a", index: "one", text: "" }, -32602],
      [23, "run", null, -32602],
      [24, "selectBackend", { backend: "cuda" }, -32602],
      [25, "initialize", initialize(".").params, -32600],
    ];
    for (const [id, method, params, code] of refused) {
      kernel.send({ jsonrpc: "2.0", id, method, params });
      expect(await kernel.receive(hasId(id)), method).toMatchObject({ error: { code } });
    }
    kernel.send({
      jsonrpc: "2.0",
      id: 30,
      method: "run",
      params: { cell: "a", index: 1, text: "console.log('alive')" },
    });
    expect(await kernel.receive(hasId(30))).toMatchObject({ result: { ok: true } });
    kernel.child.stdin?.end();
    expect(await kernel.ended).toBe(0);
  });

  test("in another protocol version are refused with both versions", async () => {
    const kernel = rawKernel();
    kernel.send(initialize(testFolder(), 999));
    expect(await kernel.receive(hasId(1))).toMatchObject({
      error: { message: expect.stringContaining(`protocol 999 and this kernel ${PROTOCOL_VERSION}`) },
    });
  });
});
