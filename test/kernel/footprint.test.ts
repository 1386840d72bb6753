import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { KernelEvent } from "../../engine/protocol/index.ts";
import { locateKernel } from "../../src/kernel/index.ts";
import { type TestKernel, testKernel } from "../support/kernel.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const linux = process.platform === "linux";

/** The code of a cell of the tour. */
const tour = (id: string): string => {
  const text = readFileSync(join(root, "examples/tour.dlnb"), "utf8");
  return new RegExp(`^\`\`\`ts \\{#${id}\\}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text)?.[1] as string;
};

const SMALL = `
const x = tensor(Array.from({ length: 512 }, (_, i) => [Math.sin(i), Math.cos(i)]));
const y = tensor(Array.from({ length: 512 }, (_, i) => i % 2), { dtype: "i32" });
const small = experiment({
  data: data.tensors({ x, y }), model: nn.sequential(nn.linear(8), nn.relu(), nn.linear(2)),
  loss: loss.crossEntropy(), optimizer: optim.adam({ lr: 1e-3 }), batchSize: 32 });
`;

/** Processor time of a process and its threads so far, in seconds. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

const later = (ms: number) => new Promise((next) => setTimeout(next, ms));

test("a kernel is ready within a few times what Node takes to start, and has loaded no graphics", async () => {
  const { node } = locateKernel(root);
  const empty: number[] = [];
  const ready: number[] = [];
  let kernel: TestKernel | undefined;
  for (let i = 0; i < 3; i++) {
    let began = performance.now();
    spawnSync(node, ["--eval", "0"]);
    empty.push(performance.now() - began);
    began = performance.now();
    kernel = await testKernel();
    ready.push(performance.now() - began);
  }
  // about 4 times: 170 ms against 40
  expect(Math.min(...ready)).toBeLessThan(Math.max(500, 12 * Math.min(...empty)));
  if (!linux || !kernel) return;
  await kernel.run(`${SMALL}await small.fit({ steps: 2 });`);
  const loaded = readFileSync(`/proc/${kernel.process.info.pid}/maps`, "utf8");
  expect(loaded).not.toMatch(/dawn|swiftshader|vulkan/i);
});

test("the tour takes its first step soon after its cell started, and sooner the next time", async () => {
  const kernel = await testKernel({ threads: 0, overrides: { epochs: 1 } });
  cpSync(join(root, "examples/data"), join(kernel.folder, "data"), { recursive: true });
  for (const id of ["data", "experiment"]) expect(await kernel.run(tour(id))).toMatchObject({ ok: true });
  const firstStep = async (): Promise<number> => {
    const began = performance.now();
    const stepped = (event: KernelEvent) => event.event === "progress" && (event.run?.step ?? 0) > 0;
    const seen = kernel.seen(stepped).then(() => performance.now() - began);
    expect(await kernel.run(tour("fit"))).toMatchObject({ ok: true });
    return await seen;
  };
  const first = await firstStep();
  const again = Math.min(await firstStep(), await firstStep());
  // 190 ms and 30 ms on two cores of 2026; machines that do other things besides are slower
  expect(first).toBeLessThan(300 * 5);
  expect(again).toBeLessThan(300);
  expect(again).toBeLessThan(first);
});

test.runIf(linux).each(["wasm", "webgpu"] as const)(
  "a kernel with nothing to do takes no processor time, before and after training on %s",
  async (backend) => {
    const kernel = await testKernel({ backend, threads: 2 });
    const { pid } = kernel.process.info;
    const idle = async () => {
      await later(1000);
      const before = processorSeconds(pid);
      await later(3000);
      return processorSeconds(pid) - before;
    };
    expect(await idle()).toBeLessThan(0.06);
    expect(await kernel.run(`${SMALL}await small.fit({ steps: 50 });`)).toMatchObject({ ok: true });
    expect(await idle()).toBeLessThan(0.06);
  },
);

test("50,000 steps hold no more memory than 10,000, tell a bounded number of events and a log of so many numbers", async () => {
  const kernel = await testKernel({ threads: 1 });
  const heap: { step: number; mb: number }[] = [];
  const watching = setInterval(async () => {
    const { memory, run } = await kernel.process.request("status", {});
    if (run) heap.push({ step: run.step, mb: memory.heapBytes / 1e6 });
  }, 30);
  const result = await kernel.run(`${SMALL}const long = await small.fit({ steps: 50_000 });`);
  clearInterval(watching);
  expect(result).toMatchObject({ ok: true });
  // garbage comes and goes: what stays is the least of a while
  const least = (from: number, to: number) =>
    Math.min(...heap.filter(({ step }) => step >= from && step < to).map(({ mb }) => mb));
  expect(least(30_000, 50_000)).toBeLessThan(least(5_000, 25_000) + 6);
  const seconds = result.wallMs / 1000;
  const count = (name: KernelEvent["event"]) => kernel.events.filter(({ event }) => event === name).length;
  expect(count("progress")).toBeLessThan(10 + 8 * seconds);
  expect(count("rows")).toBeLessThan(40 + 60 * seconds);
  const folder = await kernel.value("long.folder");
  const log = readFileSync(join(JSON.parse(folder?.replaceAll("'", '"') ?? ""), "log.jsonl"));
  expect(log.length).toBeLessThan(50_000 * 100);
  expect(await kernel.value("long.history.step.length <= 8192")).toBe("true");
});
