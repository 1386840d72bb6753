import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../../engine/backends/webgpu/index.ts";
import { inContext } from "../../../../engine/context/index.ts";
import { Dataset, Splits } from "../../../../engine/data/index.ts";
import "../../../../engine/diagnostics/index.ts";
import { Interrupted } from "../../../../engine/errors/index.ts";
import { init } from "../../../../engine/init/index.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { metrics } from "../../../../engine/metrics/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import { stopGradient } from "../../../../engine/ops/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import { Experiment } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { testContext } from "../../../support/context.ts";

/** Three blobs in four dimensions, well apart, in mixed order. */
function blobs(count: number, salt = 0): Dataset {
  const x = new Float32Array(count * 4);
  const y = Int32Array.from({ length: count }, (_, i) => (i * 7 + salt) % 3);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 4; k++) x[i * 4 + k] = Math.sin((i + salt) * 7.13 + k * 2.71) + (k === y[i] ? 3 : 0) - 0.75;
  }
  return new Dataset({
    name: "blobs",
    x: new HostTensor([count, 4], "f32", x),
    y: new HostTensor([count], "i32", y),
    task: "classification",
    featureNames: ["a", "b", "c", "d"],
    classes: ["0", "1", "2"],
  });
}

const make = (over: object = {}) =>
  new Experiment({
    data: new Splits({ train: blobs(120), valid: blobs(40, 1000) }),
    model: nn.sequential(nn.linear(16), nn.relu(), nn.dropout(0.2), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adam({ lr: 1e-2 }),
    batchSize: 16,
    seed: 3,
    ...over,
  });

let wasm: Backend;
let webgpu: Backend;

beforeAll(async () => {
  wasm = await wasmProvider.open({ threads: 2, log: () => {} });
  webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
});
afterAll(async () => await Promise.all([wasm.close(), webgpu.close()]));

const ask = <T>(work: () => Promise<T>, backend = wasm): Promise<T> => inContext(testContext(backend), work);

describe("the gradient check", () => {
  test.each([
    ["dropout and ReLU", () => nn.sequential(nn.linear(16), nn.relu(), nn.dropout(0.2), nn.linear(3))],
    ["batch norm and tanh", () => nn.sequential(nn.linear(8), nn.batchNorm(), nn.tanh(), nn.linear(3))],
    ["sigmoid and GELU", () => nn.sequential(nn.linear(8), nn.sigmoid(), nn.linear(8), nn.gelu(), nn.linear(3))],
  ])("passes %s", async (_, model) => {
    const found = await ask(() => make({ model: model() }).checkGradients());
    expect(found.passed).toBe(true);
    const told = found.tensors.reduce((n, t) => n + t.told, 0);
    expect(told).toBeGreaterThan(0.4 * found.tensors.reduce((n, t) => n + t.sampled, 0));
  });

  test("does not speak against a gradient for kinks that lie on both sides of it", async () => {
    // a slope of 0 at 0 that finite differences see as 1 from either side until they are shorter than a thousandth
    const band = nn.module({}, (_, x) => x.sub(0.001).relu().sub(x.mul(-1).sub(0.001).relu()));
    const model = nn.sequential(nn.linear(3, { weight: init.zeros(), bias: init.zeros() }), band);
    const found = await ask(() => make({ model }).checkGradients({ perTensor: 8 }));
    expect(found.passed).toBe(true);
  });

  test("finds a gradient that is cut on one of its ways, and names the tensor", async () => {
    // x + stop(x): the value is 2x, the gradient that of x
    const half = nn.module({}, (_, x) => x.add(stopGradient(x)));
    const model = nn.sequential(nn.linear(8), half, nn.tanh(), nn.linear(3));
    const found = await ask(() => make({ model }).checkGradients({ perTensor: 8 }));
    expect(found.passed).toBe(false);
    expect(found.error).toBeGreaterThan(0.4);
    const wrong = found.tensors.filter(({ error }) => error > 0.01).map(({ name }) => name);
    expect(wrong).toEqual(["0.weight", "0.bias"]);
  });

  test("says the same on the other backend", async () => {
    const found = await ask(() => make().checkGradients({ perTensor: 2 }), webgpu);
    expect(found.passed).toBe(true);
    expect(found.tensors.map(({ name }) => name)).toEqual(["0.weight", "0.bias", "3.weight", "3.bias"]);
  });
});

describe("learning a few examples by heart", () => {
  test("works for a network that works, at a rate of the check's own", async () => {
    // the experiment's own rate would not do
    const found = await ask(() => make({ optimizer: optim.sgd({ lr: 1e-9 }) }).overfitCheck());
    expect(found).toMatchObject({ reached: true, examples: 8 });
    expect(found.loss).toBeLessThan(0.01);
  });

  test("works for values that are far from 0", async () => {
    const set = blobs(60);
    const y = new HostTensor(
      [60, 1],
      "f32",
      Float32Array.from(set.y.data, (c, i) => 150 + 60 * c + (i % 5)),
    );
    const data = new Dataset({ ...set, name: "values", x: set.x, y, task: "regression", classes: undefined });
    const of = { data, model: nn.sequential(nn.linear(32), nn.relu(), nn.linear(1)), loss: loss.mse(), metrics: [] };
    expect(await ask(() => make(of).overfitCheck())).toMatchObject({ reached: true });
  });

  test.each([
    ["all weights are 0", { weight: init.zeros(), bias: init.zeros() }],
    ["every unit is dead", { bias: init.constant(-50) }],
  ])("fails where %s", async (_, options) => {
    const model = nn.sequential(nn.linear(16, options), nn.relu(), nn.linear(3, { weight: init.zeros() }));
    expect(await ask(() => make({ model }).overfitCheck())).toMatchObject({ reached: false });
  });
});

describe("preflight", () => {
  test("passes a sound experiment on both backends, in the same words", async () => {
    const [a, b] = [await ask(() => make().preflight()), await ask(() => make().preflight(), webgpu)];
    expect(a).toMatchObject({ errors: 0, warnings: 0 });
    expect(b.checks.map(({ rule, severity }) => [rule, severity])).toEqual(
      a.checks.map(({ rule, severity }) => [rule, severity]),
    );
  });

  const rows = (set: Dataset) => Array.from({ length: set.size }, (_, i) => i);
  const sorted = (set: Dataset) =>
    set.rows(rows(set).sort((i, j) => (set.y.data[i] as number) - (set.y.data[j] as number)));
  const wide = (set: Dataset) =>
    set.with({
      x: new HostTensor(
        set.x.shape,
        "f32",
        Float32Array.from(set.x.data, (v, i) => (i % 4 ? v : 500 * v)),
      ),
    });
  const both = (train: Dataset) => ({ data: new Splits({ train, valid: blobs(40, 1000) }) });
  const whole = () => {
    const all = blobs(160).normalize();
    return { data: new Splits({ train: all.rows(rows(all).slice(0, 100)), valid: all.rows(rows(all).slice(100)) }) };
  };
  const bn = nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(3));

  test.each<[string, string, () => object]>([
    ["features of different scales", "input-scale", () => both(wide(blobs(120)))],
    ["a scaling that was fitted to all parts", "normalization", whole],
    [
      "validation rows in the training part",
      "leakage",
      () => ({ data: new Splits({ train: blobs(120), valid: blobs(120) }) }),
    ],
    [
      "sorted labels that are not shuffled",
      "unshuffled-labels",
      () => ({ ...both(sorted(blobs(120))), shuffle: false }),
    ],
    ["batches of 2 with batch norm", "tiny-batch-norm", () => ({ model: bn, batchSize: 2 })],
    [
      "a class that is missing",
      "class-balance",
      () => both(blobs(120).rows(rows(blobs(120)).filter((i) => blobs(120).y.data[i] !== 2))),
    ],
    [
      "units that start alike",
      "symmetric-weights",
      () => ({
        model: nn.sequential(
          nn.linear(8, { weight: init.constant(0.1), bias: init.zeros() }),
          nn.tanh(),
          nn.linear(3, { weight: init.constant(0.1) }),
        ),
      }),
    ],
    [
      "units that are dead",
      "dead-relu",
      () => ({ model: nn.sequential(nn.linear(8, { bias: init.constant(-50) }), nn.relu(), nn.linear(3)) }),
    ],
    [
      "a last layer drawn too large",
      "initial-loss",
      () => ({ model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(3, { weight: init.normal({ std: 20 }) })) }),
    ],
  ])("finds %s", async (_, rule, over) => {
    const { checks } = await ask(() => make(over()).preflight());
    const found = checks.find((check) => check.rule === rule);
    expect(["error", "warning"]).toContain(found?.severity);
    expect(found?.saw).toMatch(/\d|false/);
    expect(found?.tries.length).toBeGreaterThan(0);
  });

  test("shows one table, and a stop in the middle changes nothing", async () => {
    const experiment = make();
    const context = testContext(wasm);
    await inContext(context, () => experiment.preflight());
    const outputs = context.events.filter(({ event }) => event === "output");
    expect(outputs).toHaveLength(1);

    const stopping = new AbortController();
    stopping.abort();
    const stopped = testContext(wasm, { signal: stopping.signal });
    await expect(inContext(stopped, () => experiment.preflight())).rejects.toThrow(Interrupted);
    expect(experiment.runs).toEqual([]);
  });
});

test("diagnose, checkGradients and flowchart leave run, experiment and the next training to the bit as they were", async () => {
  const fit = { epochs: 3 };
  const plain = make();
  const [first, again] = await ask(async () => [await plain.fit(fit), await plain.fit(fit)] as const);
  const looked = make();
  await ask(async () => {
    const run = await looked.fit(fit);
    const before = [Float32Array.from(run.weights.parameters), Uint32Array.from(run.weights.running)];
    await run.diagnose();
    await run.checkGradients({ perTensor: 2 });
    await run.flowchart();
    await looked.overfitCheck({ steps: 20 });
    expect([run.weights.parameters, run.weights.running]).toEqual(before);
    expect(run.weights.parameters).toEqual(first.weights.parameters);
    expect((await looked.fit(fit)).weights.parameters).toEqual(again.weights.parameters);
  });
});

test("the flow chart ends at bias, variance or done by the run's own numbers", async () => {
  const bias = await ask(async () => (await make({ optimizer: optim.sgd({ lr: 0 }) }).fit({ epochs: 1 })).flowchart());
  expect(bias.verdict).toBe("bias");
  const done = await ask(async () => {
    const data = new Splits({ train: blobs(120), valid: blobs(120, 999), test: blobs(120, 1998) });
    return await (await make({ data }).fit({ epochs: 30 })).flowchart();
  });
  expect(done).toMatchObject({ verdict: "done", advice: [] });
  const variance = await ask(async () => {
    const odd = blobs(120, 999);
    const y = new HostTensor(
      [120],
      "i32",
      Int32Array.from(odd.y.data, (c, i) => (i % 3 ? c : (c + 1) % 3)),
    );
    return await (
      await make({ data: new Splits({ train: blobs(120), valid: odd.with({ y }) }) }).fit({ epochs: 30 })
    ).flowchart();
  });
  expect(variance.verdict).toBe("variance");
});

test("a diagnosis before any training looks at data and first weights", async () => {
  const zero = { weight: init.zeros(), bias: init.zeros() };
  const model = nn.sequential(nn.linear(8, zero), nn.relu(), nn.linear(3, zero));
  expect(await ask(() => make({ model }).diagnose())).toMatchObject({ cause: "symmetric-weights" });
  expect(await ask(() => make().diagnose())).toMatchObject({ cause: null, findings: [] });
});
