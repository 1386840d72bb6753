import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import "../../../engine/diagnostics/index.ts";
import { init } from "../../../engine/init/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { type Layer, nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { Experiment, inContext } from "../../../engine/session/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";
import { pictures } from "../../support/pictures.ts";

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(() => backend.close());

const repeat = (n: number, layers: () => Layer[]): Layer[] => Array.from({ length: n }, layers).flat();

const make = (model: ReturnType<typeof nn.sequential>, over: object = {}) =>
  new Experiment({
    data: pictures(96),
    model,
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 0.05 }),
    batchSize: 16,
    seed: 1,
    ...over,
  });
const deepSigmoids = () =>
  make(nn.sequential(nn.flatten(), ...repeat(12, () => [nn.linear(16), nn.sigmoid()]), nn.linear(3)));
const sound = () =>
  make(
    nn.sequential(
      nn.flatten(),
      ...repeat(4, () => [nn.linear(24, { weight: init.kaimingNormal() }), nn.relu()]),
      nn.linear(3),
    ),
  );
const cell = <T>(work: () => Promise<T>) => inContext(testContext(backend), work);

test("the layer where gradients vanish is named, and a sound net is left in peace", async () => {
  const found = await cell(() => deepSigmoids().inspect.gradients({ steps: 20 }));
  expect(found.vanishing?.share).toBeLessThan(1e-4);
  const at = found.layers.findIndex(({ path }) => found.vanishing?.layer === `${path} linear`);
  const last = found.layers.at(-1)?.gradientNorm.at(-1) as number;
  expect((found.layers[at + 1]?.gradientNorm.at(-1) as number) / last).toBeGreaterThan(2e-5);
  // twelve slopes of at most 1/4: f32 sees them only because norms are scaled
  expect(found.layers[0]?.gradientNorm.at(-1)).toBeGreaterThan(0);
  const well = await cell(() => sound().inspect.gradients({ steps: 20 }));
  expect([well.vanishing, well.exploding]).toEqual([null, null]);
  const still = await cell(() => sound().inspect.activations({ steps: 20 }));
  expect(still.verdict).toEqual([]);
});

test("units behind a bias of -10 are dead from the first step on, by their ids", async () => {
  const dead = nn.linear(8, { bias: init.constant(-10) });
  const found = await cell(() =>
    make(nn.sequential(nn.flatten(), dead, nn.relu(), nn.linear(3))).inspect.activations({ steps: 20 }),
  );
  const relu = found.layers.find(({ type }) => type === "relu");
  expect(relu?.dead.map(({ unit }) => unit)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(relu?.dead.every(({ since }) => since === 0)).toBe(true);
  expect(found.verdict[0]).toMatch(/relu: 8 of 8 units give nothing/);
});

test("saturated tanhs are named", async () => {
  const wide = nn.linear(16, { weight: init.normal({ std: 3 }) });
  const exp = make(nn.sequential(nn.flatten(), wide, nn.tanh(), nn.linear(3)));
  const found = await cell(() => exp.inspect.activations({ steps: 10 }));
  expect(found.verdict.join()).toMatch(/tanh: .* % of its inputs are in the flat ends/);
});

test("clipped steps are counted over all steps, whatever was looked at", async () => {
  const exp = make(nn.sequential(nn.flatten(), nn.linear(3)), { clip: { norm: 0.2 } });
  const norms: number[] = [];
  exp.onSteps = ({ gradientNorm }) => norms.push(...gradientNorm);
  const run = await cell(() => exp.fit({ steps: 30, instruments: "economy" }));
  const { whole } = await cell(() => run.inspect.gradients({ steps: 5 }));
  expect(whole.clippedShare).toBeCloseTo(norms.filter((norm) => norm > 0.2).length / 30, 6);
  expect(Math.max(...whole.after)).toBeLessThanOrEqual(0.2 + 1e-6);
  expect([...whole.norm]).toEqual(norms);
});

test("elements that are cut off count as clipped, and the norm is that of what is left", async () => {
  const small = 1e-3;
  const exp = make(nn.sequential(nn.flatten(), nn.linear(3)), { clip: { value: small } });
  const run = await cell(() => exp.fit({ steps: 6 }));
  const rows = run.instruments?.strip.rows();
  expect(run.instruments?.strip.clippedShare).toBe(1);
  // 36 x 3 weights and 3 biases, each at most the value
  expect(Math.max(...(rows?.after ?? []))).toBeLessThanOrEqual(small * Math.sqrt(111) * 1.0001);
  const loose = make(nn.sequential(nn.flatten(), nn.linear(3)), { clip: { norm: 1e3, normType: 1 } });
  const free = await cell(() => loose.fit({ steps: 6 }));
  expect(free.instruments?.strip.clippedShare).toBe(0);
  const after = free.instruments?.strip.rows();
  expect(after?.after).toBeAllclose(after?.norm as Float64Array, { rtol: 1e-5 });
});

test("inspecting changes nothing: the run's weights, and the bits of a training after it", async () => {
  const exp = sound();
  const run = await cell(() => exp.fit({ steps: 15 }));
  const before = run.weights.parameters.slice();
  for (const look of [
    () => run.inspect.activations({ steps: 10 }),
    () => run.inspect.gradients({ steps: 10 }),
    () => run.inspect.gradientNoise({ batches: 4 }),
    () => run.inspect.updateInterference(),
    () => exp.inspect.activations({ steps: 10 }),
  ]) {
    await cell(look as () => Promise<unknown>);
    expect(run.weights.parameters).toEqual(before);
  }
  const again = await cell(() => exp.fit({ steps: 15 }));
  expect(again.weights.parameters).toEqual(before);
});

test("a run without instruments is trained again as it was, on a copy, and that is said", async () => {
  const exp = sound();
  const run = await cell(() => exp.fit({ steps: 15 }));
  const found = await cell(() => run.inspect.activations({ steps: 10 }));
  expect(found.source).toMatch(/10 steps of a copy from the initial weights; fit\(\{ instruments: "economy" \}\)/);
  expect(found.steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const full = await cell(() => exp.fit({ steps: 10, instruments: "full" }));
  const own = await cell(() => full.inspect.activations());
  expect(own.layers.map(({ std }) => [...std])).toEqual(found.layers.map(({ std }) => [...std]));
});

test("an interrupt in the middle of a copy shows what was seen so far, or says that nothing was changed", async () => {
  const stop = new AbortController();
  const context = testContext(backend, { signal: stop.signal });
  const emit = context.emit;
  context.emit = (event) => {
    emit(event);
    if (event.event === "progress" && event.done > 2) stop.abort();
  };
  const found = await inContext(context, () => sound().inspect.activations({ steps: 10_000 }));
  expect(found.source).toMatch(/interrupted/);
  expect(found.steps.length).toBeGreaterThan(2);
  await expect(inContext(context, () => sound().inspect.gradientNoise())).rejects.toThrow(/nothing was changed/);
});

test("looks are in the run's log, and what asks for what there is not says what there is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-looks-"));
  try {
    const context = testContext(backend, { folder });
    const run = await inContext(context, () => sound().fit({ steps: 12, instruments: "full" }));
    const log = readFileSync(join(run.folder as string, "log.jsonl"), "utf8");
    const lines = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const { columns } = lines.find(({ event }) => event === "looks") as { columns: [string, number][] };
    const looks = lines.filter(({ event }) => event === "look") as { step: number; f32: string }[];
    expect(looks.map(({ step }) => step)).toEqual(run.instruments?.steps);
    const words = columns.reduce((sum, [, size]) => sum + size, 0);
    expect(Buffer.from(looks[0]?.f32 as string, "base64").length).toBe(4 * words);
    expect(String(run)).toMatch(/instruments "full": 13 looks every step: .* on top of training/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await expect(cell(() => sound().inspect.batchNorm())).rejects.toThrow(
    /the model has no batch norm; put nn.batchNorm\(\)/,
  );
  await expect(cell(() => sound().inspect.activations({ layers: ["99"] }))).rejects.toThrow(
    /no layer "99"; there are "0", "1"/,
  );
  await expect(cell(() => sound().fit({ instruments: "cheap" as "off" }))).rejects.toThrow(
    /instruments = "cheap" is not one of/,
  );
});

test("100 layers stay legible: charts of bounded size", async () => {
  const context = testContext(backend);
  const exp = make(nn.sequential(nn.flatten(), ...repeat(50, () => [nn.linear(8), nn.relu()])), {});
  await inContext(context, () => exp.inspect.activations({ steps: 40 }));
  const sizes = context.events.filter(({ event }) => event === "output").map((event) => JSON.stringify(event).length);
  expect(sizes).toHaveLength(2);
  expect(Math.max(...sizes)).toBeLessThan(1_000_000);
});
