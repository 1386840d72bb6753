import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { BackendError } from "../../../engine/errors/index.ts";
import { Devices } from "../../../engine/kernel/devices.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import "../../../engine/diagnostics/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

let wasm: Backend;
/** The software adapter stands in for a GPU. */
let gpu: Backend;
let folder: string;

beforeAll(async () => {
  const options = { threads: 1, log: () => {} };
  [wasm, gpu] = await Promise.all([wasmProvider.open(options), webgpuProvider.open(options)]);
  folder = mkdtempSync(join(tmpdir(), "dlnb-rivals-"));
});
afterAll(async () => {
  await Promise.all([wasm.close(), gpu.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const make = (width: number, lr = 1e-2) =>
  new Experiment({
    data: blobs(64),
    model: nn.sequential(nn.linear(width), nn.relu(), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.adam({ lr }),
    batchSize: 16,
  });

/** A fit with a choice of backends: its run, and the lines that it printed. */
async function trainOn(rivals: readonly Backend[], experiment: Experiment, options: object = {}) {
  const context = testContext(rivals[0] as Backend, { folder });
  const run = await inContext({ ...context, rivals: async () => rivals }, () =>
    experiment.fit({ steps: 8, ...options }),
  );
  const said = context.events.flatMap((event) => (event.event === "text" ? [event.text] : []));
  return { run, said, context };
}

/** `backend`, with what `change` puts in its place. */
const but = (backend: Backend, change: Partial<Backend>): Backend =>
  new Proxy(backend, {
    get: (target, name) => {
      const value = change[name as keyof Backend] ?? target[name as keyof Backend];
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });

/** One whose submits take 40 ms longer. */
const slow = (backend: Backend): Backend =>
  but(backend, {
    adapter: `slow ${backend.adapter}`,
    compile: async (plan, named) => {
      const executable = await backend.compile(plan, named);
      return {
        submit: async (scalars, count) => {
          const rows = await executable.submit(scalars, count);
          await new Promise((next) => setTimeout(next, 40));
          return rows;
        },
        profile: (scalars, count) => executable.profile(scalars, count),
        dispose: () => executable.dispose(),
      };
    },
  });

const weights = (run: Run) => [...run.weights.parameters];

test("a new model is timed on all backends, the fastest trains it, and a line says so once", async () => {
  const rivals = [slow(gpu), wasm];
  const first = await trainOn(rivals, make(8));
  expect(first.run.record.backend).toBe("wasm");
  expect(first.said).toEqual([
    expect.stringMatching(/^wasm: \d+\.\d x as fast as webgpu \(slow .*\) on this model\n$/),
  ]);
  const again = await trainOn(rivals, make(8, 1e-3));
  expect([again.run.record.backend, again.said]).toEqual(["wasm", []]);
  const other = await trainOn([gpu, slow(wasm)], make(8));
  expect(other.run.record.backend).toBe("webgpu");
  expect(other.said).toEqual([expect.stringMatching(/^webgpu \(.*\): \d+\.\d x as fast as wasm on this model\n$/)]);
});

test("being timed changes no bit of the run, and leaves no memory behind", async () => {
  const alone = await inContext(testContext(wasm), () => make(9).fit({ steps: 8 }));
  const before = [wasm.deviceBytes, gpu.deviceBytes];
  const { run } = await trainOn([slow(gpu), wasm], make(9));
  expect(run.record.backend).toBe("wasm");
  expect(weights(run)).toEqual(weights(alone));
  expect([wasm.deviceBytes, gpu.deviceBytes]).toEqual(before);
});

test("what goes on stays where it began, and says so when that is gone", async () => {
  const experiment = make(10);
  const { run: begun, context } = await trainOn([gpu], experiment);
  const path = inContext(context, () => begun.save("begun.safetensors"));
  const there = await trainOn([slow(gpu), wasm], experiment, { steps: 16, resume: begun });
  expect([there.run.record.backend, there.said]).toEqual(["webgpu", []]);
  const gone = await trainOn([wasm], experiment, { steps: 16, resume: path });
  expect(gone.run.record.backend).toBe("wasm");
  expect(gone.said).toEqual(["the run began on webgpu, which is not open here: it goes on with wasm, to other bits\n"]);
});

test("replicas train where a run by itself would", async () => {
  const experiment = make(11);
  const rivals = [slow(gpu), wasm];
  const { run } = await trainOn(rivals, experiment);
  const replicas = await inContext(
    { ...testContext(rivals[0] as Backend, { folder }), rivals: async () => rivals },
    () => experiment.replicas({ seeds: 2, steps: 8 }),
  );
  expect(run.progress?.backend).toBe("wasm");
  expect(weights(replicas.runs[0] as Run)).toEqual(weights(run));
});

test("a backend that cannot train the model is left out", async () => {
  const full = but(gpu, {
    adapter: "full",
    alloc: () => {
      throw new BackendError("no room");
    },
  });
  const { run, said } = await trainOn([full, wasm], make(11));
  expect([run.record.backend, said]).toEqual(["wasm", []]);
});

test("a run predicts where it was trained", async () => {
  const { run } = await trainOn([slow(gpu), wasm], make(8));
  const broken = but(gpu, {
    alloc: () => {
      throw new BackendError("not to be used");
    },
  });
  const context = { ...testContext(broken), rivals: async () => [broken, wasm] };
  expect((await inContext(context, () => run.predict(blobs(4)))).shape).toEqual([4, 3]);
});

test("a kernel offers the CPU beside a GPU under auto only", async () => {
  const found = async () => ({ backend: "webgpu" as const, why: "a stand-in" });
  const devices = new Devices("auto", 1, () => {}, found);
  try {
    expect((await devices.rivals()).map(({ name }) => name)).toEqual(["webgpu", "wasm"]);
    expect((await devices.open()).name).toBe("webgpu");
    await devices.select("wasm", false);
    expect((await devices.rivals()).map(({ name }) => name)).toEqual(["wasm"]);
    await devices.select("webgpu", false);
    expect((await devices.rivals()).map(({ name }) => name)).toEqual(["webgpu"]);
  } finally {
    await devices.close();
  }
});
