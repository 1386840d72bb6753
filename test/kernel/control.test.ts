import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { KernelEvent, RunControl } from "../../engine/protocol/index.ts";
import { testKernel } from "../support/kernel.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const DATA = `
const x = tensor(Array.from({ length: 256 }, (_, i) => [i / 128 - 1]))
const y = tensor(Array.from({ length: 256 }, (_, i) => [Math.sin(i / 20)]))
const make = (seed) => experiment({
  data: data.tensors({ x, y }).split({ valid: 0.2, seed: 1 }),
  model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-3 }), batchSize: 32, seed,
})
const exp = make(1)`;

const steps = (event: KernelEvent) => (event.event === "progress" && event.run ? event.run : undefined);

/** A kernel whose cell "train" trains for ever. */
async function training(fit = "const run = await exp.fit({ epochs: 1_000_000 })") {
  const kernel = await testKernel();
  await kernel.run(DATA);
  const running = kernel.run(fit, "train");
  await kernel.seen((event) => (steps(event)?.step ?? 0) > 0);
  const control = (change: RunControl, run: string | null = null) => kernel.process.request("control", { run, change });
  return { ...kernel, running, control };
}

describe("control", () => {
  test("answers while it trains, and holds for steps that follow within 200 ms", async () => {
    const { process, control, seen, running } = await training();
    const began = performance.now();
    const answer = await control({ do: "set-lr", value: 5e-3 });
    expect(performance.now() - began).toBeLessThan(200);
    expect(answer).toMatchObject({ applied: true, why: "" });
    await seen((event) => steps(event)?.lr === 5e-3);
    // what tells of it comes a few times a second
    expect(performance.now() - began).toBeLessThan(500);
    const { steps: left, lr, planned } = await process.request("plan", { run: null });
    expect([left.length, new Set(lr), new Set(planned)]).toEqual([200, new Set([5e-3]), new Set([1e-3])]);
    await process.interrupt();
    await running;
  });

  test("pauses with the kernel at hand, and goes on", async () => {
    const { process, control, seen, running, events } = await training();
    expect(await control({ do: "pause" })).toMatchObject({ applied: true });
    await sleep(300);
    const status = await process.request("status", {});
    expect(status).toMatchObject({ state: "busy", run: { paused: true, stopping: null } });
    const at = status.run?.step as number;
    await sleep(300);
    expect((await process.request("status", {})).run?.step).toBe(at);
    expect(events.filter((e) => e.event === "progress").at(-1)).toMatchObject({
      message: `run 1: paused at step ${at.toLocaleString("en-US")}`,
    });
    expect(await control({ do: "resume" })).toEqual({ applied: true, step: at, why: "" });
    await seen((event) => (steps(event)?.step ?? 0) > at);
    await process.interrupt();
    expect((await running).error?.name).toBe("Interrupted");
  });

  test.each(["interrupt", "shutdown"] as const)("a run that waits is kept at the %s", async (how) => {
    const { process, control, running, folder } = await training();
    await control({ do: "pause" });
    await sleep(200);
    await process.request(how, {});
    if (how === "interrupt") expect((await running).error?.name).toBe("Interrupted");
    else {
      running.catch(() => {});
      await process.ended;
    }
    const runs = join(folder, ".dlnb", "test", "runs");
    const [id = ""] = readdirSync(runs);
    expect(readdirSync(join(runs, id, "checkpoints"))).toContain("last.safetensors");
    const log = readFileSync(join(runs, id, "log.jsonl"), "utf8")
      .trim()
      .split("\n");
    expect(JSON.parse(log.at(-1) as string)).toMatchObject({ event: "end", stopped: "interrupted" });
  });

  test("stops after the epoch, and the cell goes on", async () => {
    const { control, running, value } = await training();
    expect(await control({ do: "stop-after-epoch" })).toMatchObject({ applied: true });
    expect(await running).toMatchObject({ ok: true });
    expect(await value("run.stopped")).toBe("'early'");
    expect(await value("run.steps % 7")).toBe("0");
    // and what was done is done again
    expect(
      await value(
        "const again = await make(1).fit({ epochs: 1_000_000, replay: run.controls }); again.final.trainLoss === run.final.trainLoss",
      ),
    ).toBe("true");
  });

  test("is of one of several fits, by its id", async () => {
    const { control, events, process, running, seen } = await training(
      "await Promise.all([exp, make(2)].map((one) => one.fit({ epochs: 1_000_000 })))",
    );
    const ids = () => [...new Set(events.flatMap((event) => steps(event)?.id ?? []))];
    await seen(() => ids().length === 2);
    const [first = "", second = ""] = ids();
    await control({ do: "set-lr", value: 7e-3 }, first);
    await seen((event) => steps(event)?.id === first && steps(event)?.lr === 7e-3);
    expect(events.filter((event) => steps(event)?.id === second).map((event) => steps(event)?.lr)).not.toContain(7e-3);
    expect(await control({ do: "pause" }, "run-9")).toMatchObject({
      applied: false,
      why: "the run run-9 does not train",
    });
    await process.interrupt();
    await running;
  });

  test("changes replicas that train side by side as one", async () => {
    const { process, run } = await testKernel();
    await run(DATA);
    const running = run("const all = await exp.replicas({ seeds: 3, epochs: 100_000 })", "many");
    await sleep(1500);
    const control = (change: RunControl) => process.request("control", { run: null, change });
    expect(await control({ do: "set-lr", value: 2e-3 })).toMatchObject({ applied: true });
    expect(await control({ do: "pause" })).toMatchObject({ applied: true });
    await sleep(100);
    expect(await control({ do: "resume" })).toMatchObject({ applied: true });
    expect(await control({ do: "stop-after-epoch" })).toMatchObject({ applied: true });
    expect(await running).toMatchObject({ ok: true });
  });

  test("says that nothing trains, and what is no change", async () => {
    const { process, run } = await testKernel();
    await run(DATA);
    const idle = await process.request("control", { run: null, change: { do: "pause" } });
    expect(idle).toEqual({ applied: false, step: 0, why: "nothing trains" });
    expect(await process.request("plan", { run: null })).toEqual({ steps: [], lr: [], planned: [] });
    await expect(process.request("control", { run: null, change: 3 as never })).rejects.toThrow(
      "control: change must be an object",
    );
    await expect(process.request("plan", { run: 3 as never })).rejects.toThrow("plan: run must be a string");
  });
});
