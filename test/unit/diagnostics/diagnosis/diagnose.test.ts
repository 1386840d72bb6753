import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../../engine/backends/webgpu/index.ts";
import { inContext } from "../../../../engine/context/index.ts";
import type { diagnose } from "../../../../engine/diagnostics/all.ts";
import "../../../../engine/diagnostics/index.ts";
import { Interrupted, NonFiniteError } from "../../../../engine/errors/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import { CHART_MIME, type Chart, FINDINGS_MIME, type Findings } from "../../../../engine/protocol/index.ts";
import { Experiment } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { testContext } from "../../../support/context.ts";
import { loadSets, type Net, nets } from "./nets.ts";

type Diagnosis = Awaited<ReturnType<typeof diagnose.measure>>;

let backend: Backend;
let sets: Awaited<ReturnType<typeof loadSets>>;

beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  sets = await loadSets();
});
afterAll(async () => await backend.close());

type Diagnosed = Promise<{ found: Diagnosis; experiment: Experiment }>;

/** Several tests look at the same nets. */
const known = new Map<Net, Diagnosed>();

function diagnosed(net: Net): Diagnosed {
  const found = known.get(net) ?? diagnosedOn(net, backend);
  known.set(net, found);
  return found;
}

/** Trains a net of the matrix, whatever comes of it, and asks for the diagnosis of its experiment. */
async function diagnosedOn(net: Net, on: Backend): Diagnosed {
  return await inContext(testContext(on), async () => {
    const { experiment: options, fit } = net.make(sets, 1);
    const experiment = new Experiment(options);
    try {
      await experiment.fit(fit);
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
    }
    return { found: await experiment.diagnose(), experiment };
  });
}

const quick = nets.filter(({ quick }) => quick);

describe("the first finding of a sick net names its cause", () => {
  test.each(quick.filter(({ cause }) => cause !== null).map((net) => [net.name, net] as const))(
    "%s",
    async (_, net) => {
      const { found } = await diagnosed(net);
      expect(net.cause).toContain(found.cause);
      expect(found.findings[0]?.tries.length).toBeGreaterThan(0);
      expect(found.findings[0]?.saw).toMatch(/\d/);
    },
  );
});

describe("a sound net has no finding", () => {
  test.each(quick.filter(({ cause }) => cause === null).map((net) => [net.name, net] as const))(
    "%s",
    async (_, net) => {
      const { found } = await diagnosed(net);
      expect(found.findings.filter(({ severity }) => severity !== "info")).toEqual([]);
      expect(found.cause).toBeNull();
    },
  );
});

describe("the shape of the loss curve says what rate it is typical of", () => {
  test.each([
    ["rate 100 x too high, sgd 10, digits", "very high"],
    ["rate too low, sgd 1e-5", "low"],
    ["digits mlp, adam", "good"],
    ["all zero", null],
  ])("%s: %s", async (name, regime) => {
    const { found } = await diagnosed(nets.find((net) => net.name === name) as Net);
    expect(found.regime).toBe(regime);
  });
});

test("the other backend comes to the same diagnosis", async () => {
  const webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
  try {
    for (const name of ["batches of 2 with batch norm, iris", "iris mlp"]) {
      const net = nets.find((n) => n.name === name) as Net;
      const { found } = await diagnosedOn(net, webgpu);
      expect(found.cause).toBe(net.cause?.[0] ?? null);
    }
  } finally {
    await webgpu.close();
  }
});

test("a diagnosis shows its findings, and a chart with a mark for each that has a place", async () => {
  const context = testContext(backend);
  const net = nets.find(({ name }) => name === "relu with bias -10") as Net;
  await inContext(context, async () => {
    const { experiment: options, fit } = net.make(sets, 1);
    const run = await new Experiment(options).fit(fit);
    context.events.length = 0;
    await run.diagnose();
  });
  const outputs = context.events.flatMap((e) => (e.event === "output" ? [e.output.items[0]] : []));
  expect(outputs.map((item) => item?.mime)).toEqual([FINDINGS_MIME, CHART_MIME]);
  const [findings, chart] = outputs.map((item) => item?.data) as [Findings, Chart];
  const marks = findings.findings.flatMap(({ mark }) => (mark === undefined ? [] : [mark]));
  expect(marks).toEqual(marks.map((_, i) => i + 1));
  for (const mark of marks) expect(chart.text).toContain(`${mark}: `);
  expect(chart.text).toContain("1 relu");
});

test("a model that is partly frozen can be diagnosed", async () => {
  await inContext(testContext(backend), async () => {
    const { experiment: options, fit } = (quick[0] as Net).make(sets, 1);
    const [frozen] = new Experiment(options).config.model.parameters.slices;
    const groups = [{ params: frozen?.name as string, frozen: true }];
    const experiment = new Experiment({ ...(options as object), optimizer: optim.adam({ lr: 1e-3, groups }) });
    await experiment.fit(fit);
    expect((await experiment.diagnose()).findings).toBeDefined();
  });
});

test("an interrupt stops a diagnosis and leaves the run as it was", async () => {
  const net = nets.find(({ name }) => name === "iris mlp") as Net;
  const { experiment: options, fit } = net.make(sets, 1);
  const experiment = new Experiment(options);
  const run = await inContext(testContext(backend), () => experiment.fit(fit));
  const before = Float32Array.from(run.weights.parameters);
  const stopping = new AbortController();
  stopping.abort();
  const context = testContext(backend, { signal: stopping.signal });
  await expect(inContext(context, () => run.diagnose())).rejects.toThrow(Interrupted);
  expect(run.weights.parameters).toEqual(before);
  expect(experiment.runs).toEqual([run]);
});

test("advice does not send those who use Adam to Adam, and takes the smallest rate that does nearly as well as any", async () => {
  const { found } = await diagnosed(nets.find(({ name }) => name === "rate too low, adam 1e-6, breast cancer") as Net);
  const said = found.findings[0]?.tries.map(({ text }) => text) as string[];
  expect(said.join("; ")).not.toContain("optim.adamw");
  const rate = Number(/^set the learning rate to ([\d.e-]+) /.exec(said[0] as string)?.[1]);
  expect(rate).toBeLessThanOrEqual(0.01);
});

test("a run whose momentum is at fault is told so, and what it adds up to", async () => {
  const { found } = await diagnosed(nets.find(({ name }) => name === "momentum 0.999, digits") as Net);
  expect(found.findings[0]).toMatchObject({ rule: "rate-too-high", title: "the momentum is too high for this rate" });
  expect(found.findings[0]?.tries[0]?.text).toBe("set momentum to 0.9 in place of 0.999");
  expect(found.findings[0]?.saw).toContain("1000 steps");
});

test("a value that is not a number is named, also when training broke off at once", async () => {
  const { wine } = sets;
  const x = Float32Array.from(wine.x.data);
  x[17] = Number.NaN;
  const holed = wine.with({ x: new HostTensor(wine.x.shape, "f32", x) });
  const net = nets.find(({ name }) => name === "wine mlp") as Net;
  const make: Net["make"] = (_, seed) => {
    const { experiment, fit } = net.make(sets, seed);
    return { experiment: { ...experiment, data: holed }, fit };
  };
  const { found, experiment } = await diagnosed({ ...net, make });
  expect(experiment.lastRun?.stopped).toBe("non-finite");
  expect(found.cause).toBe("bad-values");
});

test("a run that went back to its best epoch is not called overfitted for the epochs after it", async () => {
  const net = nets.find(({ name }) => name === "breast cancer mlp, early stopping") as Net;
  const make: Net["make"] = (all, seed) => {
    const { experiment } = net.make(all, seed);
    return {
      experiment: { ...experiment, optimizer: optim.adam({ lr: 0.01 }) },
      fit: { epochs: 60, earlyStopping: { patience: 50 } },
    };
  };
  const { found } = await diagnosed({ ...net, make });
  expect(found.findings.map(({ rule }) => rule)).not.toContain("overfitting");
});
