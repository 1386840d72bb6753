import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import type { ContractLaunch, Launch, MapLaunch, Plan, View } from "../../../engine/backends/launch.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import type { RunContext } from "../../../engine/context/index.ts";
import { merged, stepProfile } from "../../../engine/diagnostics/profile/stepProfile.ts";
import { boundBy, mostOf, tables } from "../../../engine/diagnostics/profile/words.ts";
import { Interrupted } from "../../../engine/errors/index.ts";
import { globals } from "../../../engine/library.ts";
import { inContext } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, optim, experiment } = globals;

const view = (buffer: number, strides: number[]): View => ({ buffer, offset: 0, strides, dtype: "f32" });

/** [m, k] @ [k, n] of a layer. */
const product = (name: string, direction: "forward" | "backward", m: number, n: number, k: number): ContractLaunch => ({
  kind: "contract",
  label: `${name} ${direction}: product`,
  part: { name, direction },
  batch: [],
  m: [m],
  n: [n],
  k: [k],
  a: view(0, [k, 1]),
  b: view(1, [n, 1]),
  out: view(2, [n, 1]),
});
const doubled: MapLaunch = {
  kind: "map",
  label: "optimizer: add",
  part: { name: "optimizer" },
  shape: [1000],
  views: [view(3, [1])],
  code: [
    { op: "load", view: 0, dtype: "f32" },
    { op: "binary", fn: "add", a: 0, b: 0, dtype: "f32" },
  ],
  stores: [{ view: view(3, [1]), value: 1 }],
};
const planOf = (launches: readonly Launch[]): Plan => ({
  label: "step",
  buffers: [{ words: 1e6 }, { words: 1e6 }, { words: 1e6 }, { words: 1000, name: "x" }],
  launches,
  scalarWords: 1,
  rowWords: 0,
  rows: -1,
});
const about = { name: "exp", backend: "wasm (2 threads)", batchSize: 8 };
const peaks = { gflops: 10, copyGBs: 4 };
const times = (launches: readonly (readonly [ms: number, waitMs: number])[]) => ({
  launches: launches.map(([ms, waitMs]) => ({ ms, waitMs })),
  measuredMs: 5,
  stepMs: 4,
  threads: 2,
});

describe("a profile of three launches", () => {
  const plan = planOf([
    product("a.linear", "forward", 100, 50, 20),
    product("a.linear", "backward", 10, 10, 10),
    doubled,
  ]);
  const found = stepProfile(
    about,
    plan,
    times([
      [0.04, 0.01],
      [0.03, 0],
      [0.02, 0],
    ]),
    peaks,
  );

  test("has the work that a count by hand finds, and rates of own work", () => {
    expect(found).toMatchObject({ stepMs: 4, stepsPerSecond: 250, threads: 2 });
    // 100 x 50 outputs of 20 multiply-adds in 0.04 ms; 100 x 20 and 20 x 50 words read, 100 x 50 written
    expect(found.kernels[0]).toMatchObject({
      label: "a.linear forward: product",
      kind: "matmul",
      shape: "100 x 50 x 20",
      flops: 200_000,
      bytes: 4 * (2000 + 1000 + 5000),
    });
    expect(found.kernels[0]?.gflops).toBeCloseTo(5, 9);
    expect(found.kernels[0]?.gbPerSecond).toBeCloseTo(0.8, 9);
    expect(found.kernels[0]?.share).toBeCloseTo(0.5, 9);
    expect(found.total).toMatchObject({ launches: 3, flops: 200_000 + 2000 + 1000, bytes: 32_000 + 1200 + 8000 });
  });

  test("puts launches together by kind, and by part with the time of each direction", () => {
    expect(found.kinds.map(({ kind, launches }) => [kind, launches])).toEqual([
      ["matmul", 2],
      ["map", 1],
    ]);
    expect(found.parts.map(({ part }) => part)).toEqual(["a.linear", "optimizer"]);
    expect(found.parts[0]).toMatchObject({ forwardMs: 0.05, backwardMs: 0.03, launches: 2 });
    expect(found.parts[1]).toMatchObject({ forwardMs: 0, backwardMs: 0 });
  });

  test("says what bounds the step", () => {
    // 202,000 operations in 0.07 ms are 2.9 GFLOP/s; 8000 bytes in 0.02 ms are 0.4 GB/s
    expect(boundBy(found)).toBe(
      "70 % in matrix products at 29 % of this machine's peak; 20 % moving memory at 0.4 GB/s, where a copy reaches 4; 10 % waiting for the other thread",
    );
  });

  test("is three tables, none wider than a pane", () => {
    const lines = tables(found).split("\n");
    expect(lines[0]).toBe("exp: 4 ms per step of 8, 250 steps/s on wasm (2 threads), 2 threads at work");
    expect(lines[1]).toBe("3 launches in 0.1 ms, 0.203 MFLOP, 0.0412 MB; at best 10 GFLOP/s, and 4 GB/s for a copy");
    expect(lines).toContain("50.0 %  0.050      5.0   0.8     50 %  a.linear forward: product  100 x 50 x 20");
    for (const line of lines.slice(3)) expect(line.length).toBeLessThanOrEqual(88);
  });
});

test("a product over overlapping windows is a convolution, one over windows side by side is not", () => {
  const windows = (stride: number, size: number): ContractLaunch => ({
    ...product("conv2d", "forward", 4, 6, size),
    b: view(1, [1, stride]),
  });
  const kinds = (launch: Launch) => stepProfile(about, planOf([launch]), times([[1, 0]]), peaks).kernels[0]?.kind;
  expect(kinds(windows(1, 3))).toBe("convolution");
  expect(kinds(windows(3, 3))).toBe("matmul");
});

test("many launches that differ only in their layer become one row, and the smallest one more", () => {
  const layers = Array.from({ length: 30 }, (_, i) => product(`${i}.linear`, "forward", 8, 8, 8));
  const others = Array.from({ length: 30 }, (_, i) => product("last.linear", "backward", 8, 8, i + 1));
  const launches = [...layers, ...others];
  const found = stepProfile(about, planOf(launches), times(launches.map((_, i) => [i < 30 ? 2 : 0.001 * i, 0])), peaks);
  const rows = mostOf(found.kernels, "label", 10);
  expect(rows).toHaveLength(10);
  expect(rows[0]).toMatchObject({ label: "30 x linear forward: product", launches: 30, flops: 30 * 1024 });
  expect(rows[0]?.gflops).toBeCloseTo(1024 / 2e6, 9);
  expect(rows[9]).toMatchObject({ label: "22 others", launches: 22, shape: "" });
  expect(rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1, 9);
});

test("profiles of one plan become one by medians", () => {
  expect(merged([times([[1, 0]]), times([[9, 3]]), times([[2, 1]])]).launches).toEqual([{ ms: 2, waitMs: 1 }]);
});

describe("profiling an experiment", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasmProvider.open({ threads: 2, log: () => {} });
  });
  afterAll(() => backend.close());

  const make = () =>
    experiment({
      data: blobs(60),
      model: nn.sequential(nn.linear(16), nn.batchNorm(), nn.dropout(0.2), nn.relu(), nn.linear(3)),
      loss: loss.crossEntropy(),
      optimizer: optim.adam({ lr: 0.01 }),
      batchSize: 16,
      seed: 3,
    });

  test("shows a chart and the tables, and leaves training as it would be without", async () => {
    const context = testContext(backend);
    const [looked, plain] = [make(), make()];
    await inContext(context, async () => {
      const found = await looked.profile({ steps: 6 });
      expect(found.parts.map(({ part }) => part)).toEqual(
        expect.arrayContaining(["0.linear", "1.batchNorm", "4.linear", "optimizer"]),
      );
      expect(found.total.launches).toBe(found.kernels.length);
      expect(String(found)).toContain("layer or part");
      const run = await looked.fit({ steps: 5 });
      const before = run.weights.parameters.slice();
      await run.profile({ steps: 4, batchSize: 20 });
      expect(run.weights.parameters).toEqual(before);
      expect(run.weights.parameters).toEqual((await plain.fit({ steps: 5 })).weights.parameters);
    });
    const titles = context.events.flatMap((e) => (e.event === "output" ? [e.output.items[0]?.data] : []));
    expect(titles).toContainEqual(expect.objectContaining({ title: expect.stringMatching(/ms per step: /) }));
    await expect.poll(() => backend.deviceBytes).toBe(0);
  });

  test("stops when it is asked to, with nothing held", async () => {
    const abort = new AbortController();
    const context = testContext(backend, { signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    await expect(inContext(context, () => make().profile({ steps: 100_000 }))).rejects.toThrow(Interrupted);
    await expect.poll(() => backend.deviceBytes).toBe(0);
  });

  test("refuses batches that the data does not fill", async () => {
    await expect(inContext(testContext(backend), () => make().profile({ batchSize: 61 }))).rejects.toThrow(
      "profile: batchSize = 61 is larger than the 60 training examples",
    );
  });

  test("a rehearsal cuts fits short and hears of them", async () => {
    const fitted: object[] = [];
    const rehearsal = { steps: 3, fitted: async (one: object) => void fitted.push(one) };
    const context: RunContext = { ...testContext(backend), rehearsal };
    const exp = make();
    const [long, short] = await inContext(context, async () => [
      await exp.fit({ epochs: 50 }),
      await exp.fit({ steps: 2 }),
    ]);
    expect([long?.steps, short?.steps]).toEqual([3, 2]);
    expect(fitted).toEqual([exp, exp]);
  });
});
