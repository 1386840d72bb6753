import { afterAll, describe, expect, test } from "vitest";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../../engine/backends/webgpu/index.ts";
import type { CellEvent, RunContext } from "../../../../engine/context/index.ts";
import { Splits } from "../../../../engine/data/index.ts";
import { randomDirection } from "../../../../engine/diagnostics/landscape/directions.ts";
import "../../../../engine/diagnostics/index.ts";
import { planeOfPath, project } from "../../../../engine/diagnostics/landscape/pathPlane.ts";
import { along, type Plane } from "../../../../engine/diagnostics/landscape/plane.ts";
import { heightAt, shapeOf } from "../../../../engine/diagnostics/landscape/shape.ts";
import { ConfigError, Interrupted } from "../../../../engine/errors/index.ts";
import { loss } from "../../../../engine/losses/index.ts";
import { metrics } from "../../../../engine/metrics/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import { optim } from "../../../../engine/optim/index.ts";
import type { Chart } from "../../../../engine/protocol/index.ts";
import { DeviceModel } from "../../../../engine/session/device.ts";
import { Experiment, inContext, type Run } from "../../../../engine/session/index.ts";
import { blobs } from "../../../support/blobs.ts";
import { testContext } from "../../../support/context.ts";

const wasm = await wasmProvider.open({ threads: 2, log: () => {} });
afterAll(() => wasm.close());

const inCell = <T>(work: () => Promise<T>, context: RunContext = testContext(wasm)): Promise<T> =>
  inContext(context, work);

const make = (over: object = {}) =>
  new Experiment({
    name: "blobs",
    data: new Splits({ train: blobs(120), valid: blobs(40, 500) }),
    model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.3 }),
    batchSize: 20,
    ...over,
  });
const withNorm = () => make({ model: nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(3)) });

const bits = (run: Run) => Object.values(run.stateDict()).map(({ data }) => Array.from(data));
const charts = (events: readonly CellEvent[]): Chart[] =>
  events
    .flatMap((e) => (e.event === "output" ? [e.output.items[0]?.data as Chart] : []))
    .filter((c) => c.kind === "plot");

/** The mean loss of an experiment's training set at other weights, by an evaluation of its own. */
async function lossAt(experiment: Experiment, parameters: Float32Array, running: Uint32Array): Promise<number> {
  const device = new DeviceModel(wasm, experiment.config);
  try {
    device.load({ parameters, running });
    return (await device.evaluate(device.upload("train", experiment.splits.train))).loss as number;
  } finally {
    device.dispose();
  }
}

/** A plane with the values of a function. */
function planeFrom(f: (a: number, b: number) => number, points = 21, radius = 1): Plane {
  const at = (i: number) => along({ radius, points }, 0, i);
  const values = Float64Array.from({ length: points * points }, (_, n) =>
    f(at(n % points), at(Math.floor(n / points))),
  );
  return { a: 0, b: 0, radius, points, loss: values, computed: values.length, holes: 0, interrupted: false };
}

describe("landscape", () => {
  test("every point is the loss of those weights", async () => {
    const run = await inCell(() => make().fit({ epochs: 2 }));
    const found = await inCell(() => run.landscape({ points: 5, radius: 0.8 }));
    const [panel] = found.panels;
    const { parameters } = run.config.model;
    const [first, second] = [0, 1].map((index) =>
      randomDirection(parameters, run.weights.parameters, { seed: 0, index, normalization: "filter", biases: "still" }),
    ) as [Float32Array, Float32Array];
    for (const n of [0, 3, 12, 17, 24]) {
      const [a, b] = [n % 5, Math.floor(n / 5)].map((i) => 0.8 * (i / 2 - 1)) as [number, number];
      const there = run.weights.parameters.map((w, i) => w + a * (first[i] as number) + b * (second[i] as number));
      expect(panel?.loss[n]).toBeCloseTo(await lossAt(run.experiment, there, run.weights.running), 5);
    }
    expect(panel?.centre).toBeCloseTo(await lossAt(run.experiment, run.weights.parameters, run.weights.running), 5);
  });

  test("random directions are as long as the weights, filter by filter, and leave biases alone", async () => {
    const run = await inCell(() => make().fit({ epochs: 1 }));
    const { parameters } = run.config.model;
    const norms = (flat: Float32Array, from: number, count: number) =>
      Math.hypot(...Array.from(flat.subarray(from, from + count)));
    for (const normalization of ["filter", "layer"] as const) {
      const d = randomDirection(parameters, run.weights.parameters, {
        seed: 4,
        index: 0,
        normalization,
        biases: "still",
      });
      for (const { shape, offset, size } of parameters.slices) {
        if (shape.length === 1) expect(norms(d, offset, size)).toBe(0);
        else {
          const each = normalization === "filter" ? size / (shape[0] as number) : size;
          for (let from = offset; from < offset + size; from += each) {
            expect(norms(d, from, each)).toBeCloseTo(norms(run.weights.parameters, from, each), 4);
          }
        }
      }
    }
  });

  test("biases may grow and shrink with a direction", async () => {
    const { parameters } = make().config.model;
    const weights = Float32Array.from({ length: parameters.words }, (_, i) => i + 1);
    const d = randomDirection(parameters, weights, { seed: 4, index: 0, normalization: "filter", biases: "along" });
    for (const { shape, offset, size } of parameters.slices.filter(({ shape }) => shape.length === 1)) {
      expect(shape).toEqual([size]);
      expect(d.subarray(offset, offset + size)).toEqual(weights.subarray(offset, offset + size));
    }
  });

  test("the path's own plane ends at the run's weights and has the snapshots' true losses", async () => {
    const run = await inCell(() => make().fit({ epochs: 10, trace: 20 }));
    const found = await inCell(() => run.landscape({ directions: "pca", points: 7 }));
    const [panel] = found.panels;
    const path = panel?.path ?? [];
    expect(path).toHaveLength(20);
    expect(path.at(-1)).toMatchObject({ step: 60 });
    expect(Math.abs(path.at(-1)?.a as number) + Math.abs(path.at(-1)?.b as number)).toBeLessThan(1e-5);
    for (const i of [0, 7, 19]) {
      const { parameters, running } = (run.trace[i] as (typeof run.trace)[number]).weights;
      expect(path[i]?.loss).toBeCloseTo(await lossAt(run.experiment, parameters, running), 5);
    }
    expect(panel?.explained).toBeGreaterThan(0.8);
    expect(panel?.explained).toBeLessThan(1);
    expect(path.some(({ distance }) => distance > 1e-3)).toBe(true);
    expect(path[0]?.a).toBeLessThan(0);
    for (const { a, b } of path) {
      expect(Math.abs(a - (panel?.a as number))).toBeLessThan(panel?.radius as number);
      expect(Math.abs(b - (panel?.b as number))).toBeLessThan(panel?.radius as number);
    }
  });

  test("each batch has its own plane, its own loss and the step that training takes on it", async () => {
    const exp = make({ optimizer: optim.adam({ lr: 0.05 }), shuffle: false });
    const found = await inCell(() => exp.landscape({ batches: [0, 1], points: 9 }));
    const start = await inCell(() => exp.fit({ steps: 1, trace: 2 }));
    const [from, to] = start.trace.map(({ weights }) => weights.parameters) as [Float32Array, Float32Array];
    const moved = Math.hypot(...from.map((x, i) => (to[i] as number) - x));
    const [first, second] = found.panels;
    expect(first?.arrow?.length).toBeCloseTo(moved, 5);
    expect(first?.arrow?.a).toBeCloseTo(moved, 5); // the first direction is that of the first batch's step
    expect(Math.hypot(second?.arrow?.a as number, second?.arrow?.b as number)).toBeCloseTo(
      second?.arrow?.length as number,
      4,
    );
    expect(first?.centre).toBeCloseTo(start.history.trainLoss[0] as number, 5);
    expect(first?.centre).not.toBeCloseTo(second?.centre as number, 3);
    expect(found.angle).toBeGreaterThan(0);
    await expect(inCell(() => exp.landscape({ batches: [6] }))).rejects.toThrow("6 whole batches");
  });

  test("another run of any experiment stands beside it on the same colours", async () => {
    const context = testContext(wasm);
    const [a, b] = [await inCell(() => make().fit({ epochs: 1 })), await inCell(() => withNorm().fit({ epochs: 1 }))];
    const found = await inCell(() => a.landscape({ compare: b, points: 5 }), context);
    expect(found.panels.map(({ name }) => name)).toEqual([a.name, b.name]);
    const chart = charts(context.events).at(-1) as Chart;
    const domains = JSON.stringify(chart.spec).match(/"domain":\[[^\]]+\],"clamp"/g);
    expect(new Set(domains).size).toBe(1);
  });

  test("several radii are one place from near and far, to choose from", async () => {
    const context = testContext(wasm);
    const found = await inCell(() => make().landscape({ radii: [0.1, 1], points: 5 }), context);
    expect(found.panels.map(({ radius }) => radius)).toEqual([0.1, 1]);
    expect(found.panels[0]?.centre).toBe(found.panels[1]?.centre);
    const { usermeta } = (charts(context.events).at(-1) as Chart).spec as { usermeta: { dlnb: { choose: unknown } } };
    expect(usermeta.dlnb.choose).toMatchObject([{ param: "radius", choices: [{ value: 0.1 }, { value: 1 }] }]);
  });

  test("nothing of the run changes, and the same question is answered from memory", async () => {
    const run = await inCell(() => withNorm().fit({ epochs: 2, trace: 5 }));
    const before = bits(run);
    const first = await inCell(() => run.landscape({ points: 5 }));
    expect((await inCell(() => run.landscape({ points: 5 }))).panels[0]?.loss).toBe(first.panels[0]?.loss);
    expect((await inCell(() => run.landscape({ points: 5, seed: 3 }))).panels[0]?.loss).not.toEqual(
      first.panels[0]?.loss,
    );
    await inCell(() => run.landscape({ directions: "pca", points: 5 }));
    await inCell(() => run.landscape({ batches: [0], points: 5 }));
    await inCell(() => run.landscape1d({ points: 5, batchNorm: "recompute" }));
    expect(bits(run)).toEqual(before);
    const [after, plain] = [
      await inCell(() => run.experiment.fit({ epochs: 1 })),
      await inCell(() => withNorm().fit({ epochs: 1 })),
    ];
    expect(bits(after)).toEqual(bits(plain));
  });

  test("a stop keeps the middle of the plane that is done, draws it and does not remember it", async () => {
    // stopped when it asks for the twentieth time, however fast the machine is
    let asked = 0;
    const signal = Object.defineProperty(new AbortController().signal, "aborted", { get: () => ++asked > 20 });
    const context = testContext(wasm, { signal });
    const exp = make({ seed: 11 });
    const found = await inCell(() => exp.landscape({ points: 201 }), context);
    const [panel] = found.panels as [(typeof found.panels)[number]];
    expect(found.interrupted).toBe(true);
    expect(panel.computed).toBeLessThan(201 * 201);
    expect(panel.loss.filter(Number.isFinite)).toHaveLength(panel.computed);
    expect(panel.loss[100 * 201 + 100]).toBe(panel.centre);
    expect(charts(context.events).at(-1)?.title).toContain("points so far");
    expect(String(found)).toContain("interrupted");
    const stopped = new AbortController();
    stopped.abort();
    const early = testContext(wasm, { signal: stopped.signal });
    await expect(inCell(() => make({ seed: 12 }).landscape(), early)).rejects.toThrow(Interrupted);
  });

  test("says what is missing and how to get it", async () => {
    const run = await inCell(() => make().fit({ steps: 2 }));
    await expect(inCell(() => run.landscape({ directions: "pca" }))).rejects.toThrow("fit({ trace: 50 })");
    await expect(inCell(() => run.landscape({ path: true }))).rejects.toThrow("fit({ trace: 50 })");
    await expect(inCell(() => run.landscape({ batches: [0], radii: [1] }))).rejects.toThrow("give one");
    await expect(inCell(() => run.landscape({ directions: "steps" }))).rejects.toThrow(ConfigError);
    await expect(inCell(() => run.landscape({ points: 3 }))).rejects.toThrow("[5, 201]");
  });

  test("values that are not finite are holes and are counted", async () => {
    const context = testContext(wasm);
    const found = await inCell(() => make().landscape({ points: 5, radius: 1e38 }), context);
    const [panel] = found.panels as [(typeof found.panels)[number]];
    expect(panel.holes).toBeGreaterThan(0);
    expect(panel.loss.filter(Number.isNaN)).toHaveLength(panel.holes);
    expect(charts(context.events).at(-1)?.title).toContain("not finite at");
  });

  test("both backends draw the same plane", async () => {
    const webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
    try {
      const run = await inCell(() => withNorm().fit({ epochs: 3 }));
      const [a, b] = [wasm, webgpu].map((backend) => inCell(() => run.landscape({ points: 7 }), testContext(backend)));
      expect((await b)?.panels[0]?.loss).toBeAllclose((await a)?.panels[0]?.loss ?? [], { rtol: 1e-4 });
    } finally {
      await webgpu.close();
    }
  });
});

describe("the shape of a plane", () => {
  test("a bowl is convex everywhere, a saddle nowhere, a wave at about half", () => {
    expect(shapeOf(planeFrom((a, b) => 1 + a * a + 3 * b * b)).convex).toBe(1);
    expect(shapeOf(planeFrom((a, b) => 5 + a * a - b * b)).convex).toBe(0);
    expect(shapeOf(planeFrom((a) => 5 + Math.sin(6 * a), 61)).convex).toBeCloseTo(0.5, 1);
  });

  test("the rim is looked at all around, and the lowest point found", () => {
    const { rim, centre, lowest } = shapeOf(planeFrom((a, b) => 1 + a * a + 3 * b * b, 41));
    expect(centre).toBeCloseTo(1, 9);
    expect(rim.low).toBeCloseTo(2, 2);
    expect(rim.high).toBeCloseTo(4, 2);
    expect(lowest).toMatchObject({ loss: 1, a: 0, b: 0 });
  });

  test("a place between points is their linear mean, and nothing beside a hole", () => {
    const plane = planeFrom((a, b) => 2 * a - b);
    expect(heightAt(plane, 0.123, -0.777)).toBeCloseTo(2 * 0.123 + 0.777, 9);
    plane.loss[0] = Number.NaN;
    expect(heightAt(plane, -0.99, -0.99)).toBeNaN();
    expect(heightAt(plane, 1, 1)).toBeCloseTo(1, 9);
  });
});

describe("the plane of a path", () => {
  const end = Float32Array.from({ length: 12 }, (_, i) => Math.cos(i));
  const [u, v] = [3, 5].map((k) => Float32Array.from({ length: 12 }, (_, i) => Math.sin(k * i + 1))) as [
    Float32Array,
    Float32Array,
  ];
  const snapshot = (step: number, a: number, b: number, off = 0) => ({
    step,
    weights: {
      parameters: end.map((x, i) => x + a * (u[i] as number) + b * (v[i] as number) + (i === 0 ? off : 0)),
      running: new Uint32Array(4),
    },
  });

  test("contains a path that lies in a plane", () => {
    const trace = [snapshot(0, -2, 1), snapshot(1, -1.5, -0.5), snapshot(2, -0.3, 0.4), snapshot(3, 0, 0)];
    const plane = planeOfPath(trace, end);
    expect(plane.shares[0] + plane.shares[1]).toBeCloseTo(1, 6);
    for (const { weights } of trace) {
      const { a, b, distance } = project(weights.parameters, end, plane);
      expect(distance).toBeLessThan(1e-5);
      const length = Math.hypot(...weights.parameters.map((x, i) => x - (end[i] as number)));
      expect(Math.hypot(a, b)).toBeCloseTo(length, 5);
    }
  });

  test("says how far off it a snapshot is", () => {
    const flat = [snapshot(0, -2, 1), snapshot(1, -1.5, -0.5)];
    const plane = planeOfPath([...flat, snapshot(2, 0, 0)], end);
    const off = project(snapshot(3, -1, 0.2, 0.7).weights.parameters, end, plane);
    expect(off.distance).toBeGreaterThan(0.1);
    expect(off.distance).toBeLessThanOrEqual(0.7);
  });

  test("a path that goes nowhere has none", () => {
    expect(() => planeOfPath([snapshot(0, 0, 0), snapshot(1, 0, 0)], end)).toThrow("trace: 50");
  });
});
