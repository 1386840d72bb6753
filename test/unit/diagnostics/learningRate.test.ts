import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { Dataset } from "../../../engine/data/index.ts";
import "../../../engine/diagnostics/index.ts";
import type { FoundLearningRate } from "../../../engine/diagnostics/learningRate/findLearningRate.ts";
import { finds, rules, trimmed } from "../../../engine/diagnostics/learningRate/rules.ts";
import { consensus } from "../../../engine/diagnostics/learningRate/suggestion.ts";
import { ConfigError, Interrupted } from "../../../engine/errors/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { CHART_MIME, type Chart, type ChartHints } from "../../../engine/protocol/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import "../../support/allclose.ts";
import { testContext } from "../../support/context.ts";

/** Noisy blobs around three corners of a cube in four dimensions. */
function blobs(count: number, noise = 1): Dataset {
  const x = new Float32Array(count * 4);
  const y = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    y[i] = i % 3;
    for (let k = 0; k < 4; k++) x[i * 4 + k] = noise * Math.sin(i * 7.13 + k * 2.71) + (k === i % 3 ? 1.5 : 0);
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

/** y = the sum of x, as a regression. */
function sums(count: number): Dataset {
  const { x } = blobs(count);
  const y = Float32Array.from({ length: count }, (_, i) => [0, 1, 2, 3].reduce((s, k) => s + x.at(i, k), 0));
  return new Dataset({
    name: "sums",
    x,
    y: new HostTensor([count, 1], "f32", y),
    task: "regression",
    featureNames: ["a", "b", "c", "d"],
  });
}

const make = (over: object = {}) =>
  new Experiment({
    name: "blobs",
    data: blobs(103),
    model: nn.sequential(nn.linear(16), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.sgd({ lr: 1e-2, momentum: 0.9 }),
    batchSize: 16,
    seed: 3,
    ...over,
  });

const regression = (over: object = {}) =>
  make({ data: sums(60), model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(1)), loss: loss.mse(), ...over });

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(() => backend.close());

const find = (subject: Experiment | Run, options: object = {}, context = testContext(backend)) =>
  inContext(context, () => subject.findLearningRate(options)) as Promise<FoundLearningRate>;

const charts = ({ events }: ReturnType<typeof testContext>): Chart[] =>
  events.flatMap((e) =>
    e.event === "output" ? e.output.items.flatMap((i) => (i.mime === CHART_MIME ? [i.data] : [])) : [],
  );

/** A context that is interrupted after its n-th chart or progress event. */
function interruptedAfter(n: number) {
  const controller = new AbortController();
  const context = testContext(backend, { signal: controller.signal });
  const emit = context.emit;
  let seen = 0;
  context.emit = (event) => {
    emit(event);
    seen += 1;
    if (seen === n) controller.abort(new Interrupted("stop"));
  };
  return context;
}

const exponential = (n: number) => Array.from({ length: n }, (_, i) => 1e-7 * 1e8 ** (i / n));

describe("the rules", () => {
  test("minimum is a tenth of the lowest loss's rate, steep the largest fall per factor", () => {
    const lr = [1e-3, 1e-2, 1e-1, 1];
    expect(rules.minimum({ lr, loss: [3, 2, 1, 2] })).toBeCloseTo(1e-2, 12);
    expect(rules.steep({ lr, loss: [3, 2.5, 1, 0.9] })).toBe(1e-2);
    expect(rules.steep({ lr, loss: [1, 2, 3, 4] })).toBe(1e-3);
  });

  test("valley lies halfway down the longest decreasing subsequence", () => {
    const lr = exponential(12);
    // twelve members that fall: 12 / 3 + 12 / 6 places from where fastai has it begin, one place before the first
    expect(rules.valley({ lr, loss: lr.map((_, i) => 5 - i) })).toBe(lr[5]);
    expect(rules.valley({ lr, loss: lr.map((_, i) => i) })).toBe(lr[0]);
  });

  test("always give a rate, and tell apart a curve without what they look for", () => {
    const lr = exponential(40);
    const rising = { lr, loss: lr.map((_, i) => i) };
    const dip = { lr, loss: lr.map((_, i) => (i === 20 ? 18.5 : i)) };
    expect([finds("valley", rising), finds("steep", rising), finds("minimum", rising)]).toEqual([false, false, true]);
    expect([finds("valley", dip), finds("steep", dip)]).toEqual([false, true]);
    for (const rule of [rules.valley, rules.steep, rules.minimum, rules.slide]) {
      expect(rule(rising)).toBeGreaterThan(0);
      expect(rule({ lr: [], loss: [] })).toBeNull();
    }
  });

  test("slide stops where the slopes fifteen places apart agree, and needs sixteen losses", () => {
    const lr = exponential(40);
    const flatThenUp = lr.map((_, i) => (i < 25 ? 2 : 2 + 0.1 * (i - 24)));
    // slopes: 0 up to step 23, half of 0.1 at 24, then 0.1; the interval's ends agree once its right end is at 23
    expect(rules.slide({ lr, loss: flatThenUp })).toBe(lr[24 - 15]);
    expect(rules.slide({ lr: lr.slice(0, 15), loss: flatThenUp.slice(0, 15) })).toBeNull();
  });

  test("look at [n / 10 : -5] of a test, as fastai does", () => {
    const lr = exponential(100);
    expect(trimmed({ lr, loss: lr }, 100).lr).toEqual(lr.slice(10, 95));
    expect(trimmed({ lr: lr.slice(0, 80), loss: lr.slice(0, 80) }, 100).lr).toEqual(lr.slice(10, 75));
    expect(trimmed({ lr: lr.slice(0, 80), loss: lr.slice(0, 80) }, 100, false).lr).toEqual(lr.slice(10, 80));
  });

  test("meet halfway between valley and minimum on a log axis, or at the median of those that found something", () => {
    const close = (found: number | null, expected: number) => expect((found as number) / expected).toBeCloseTo(1, 10);
    close(consensus({ valley: 1e-4, steep: 1, minimum: 1e-2, slide: 1e-2 }), 1e-3);
    close(consensus({ valley: null, steep: 1e-3, minimum: 1e-2, slide: 1 }), 1e-2);
    close(consensus({ valley: 1e-4, steep: 1e-2, minimum: null, slide: null }), 1e-3);
    expect(consensus({ valley: null, steep: null, minimum: null, slide: null })).toBeNull();
  });
});

describe("finding a learning rate", () => {
  test("tries rates from startLr towards endLr and recommends one that trains", async () => {
    const context = testContext(backend);
    const found = await find(make(), {}, context);
    expect(found.lr[0]).toBe(1e-7);
    expect(found.lr[50]).toBeCloseTo(1e-3, 12);
    expect(found.smoothed[1]).toBeCloseTo(
      (0.98 * 0.02 * (found.loss[0] as number) + 0.02 * (found.loss[1] as number)) / (1 - 0.98 ** 2),
      10,
    );
    const rate = found.suggestion as number;
    expect(rate).toBeGreaterThan(1e-3);
    expect(rate).toBeLessThan(2);
    expect(found.rule).toBe("consensus");
    const train = (lr: number) =>
      inContext(testContext(backend), () => make({ optimizer: optim.sgd({ lr, momentum: 0.9 }) }).fit({ epochs: 5 }));
    const [good, low] = [await train(rate), await train(rate / 100)];
    expect(good.final.trainLoss).toBeLessThan(0.5 * (low.final.trainLoss as number));
    const chart = charts(context).at(-1) as Chart;
    expect(chart.title).toMatch(/^Try a learning rate of [\d.e-]+ \(halfway between valley and minimum\); /);
    expect(chart.live).toBe(false);
  });

  test("trains as fit does under the same rates: clipping, dropout, batches and the data's order", async () => {
    const clip = { norm: 0.3 };
    const found = await find(make({ clip }), { startLr: 0.01, endLr: 0.010000001, steps: 60, stopFactor: 100 });
    const losses: number[] = [];
    const experiment = make({ clip });
    experiment.onSteps = (rows) => losses.push(...rows.loss);
    await inContext(testContext(backend), () => experiment.fit({ steps: 60 }));
    expect(found.loss).toBeAllclose(losses, { rtol: 1e-4, atol: 1e-6 });
  });

  test("goes round a small set as often as the steps need", async () => {
    const found = await find(make({ data: blobs(9), batchSize: 3 }), { steps: 40, stopFactor: 1000 });
    expect(found.loss.length).toBe(40);
  });

  test("grows the rate linearly when asked", async () => {
    const found = await find(make(), { mode: "linear", startLr: 0.1, endLr: 0.3, steps: 10 });
    expect(found.lr).toBeAllclose([0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28]);
  });

  test("fits regressions, and a loss that is no longer finite ends the test", async () => {
    const found = await find(regression({ optimizer: optim.sgd({ lr: 1e-3 }) }), {
      endLr: 1e6,
      stopFactor: 1e30,
      smoothing: 0.5,
    });
    expect(found.ending).toBe("not finite");
    expect(found.loss.every(Number.isFinite)).toBe(true);
    expect(found.suggestion).toBeGreaterThan(1e-4);
    expect(found.suggestion).toBeLessThan(found.diverges as number);
  });

  test("stops once the smoothed loss is four times its lowest", async () => {
    const found = await find(regression({ optimizer: optim.sgd({ lr: 1e-3 }) }), { endLr: 100 });
    expect(found.ending).toBe("diverged");
    const last = found.smoothed.at(-1) as number;
    const before = found.smoothed.slice(0, -1);
    expect(last).toBeGreaterThan(4 * Math.min(...before));
    expect(before.at(-1)).toBeLessThanOrEqual(4 * Math.min(...before));
  });

  test("says why there is none when the loss never falls", async () => {
    const context = testContext(backend);
    const found = await find(make(), { endLr: 1e-6 }, context);
    expect(found.suggestion).toBeNull();
    expect(found.reason).toMatch(
      /^the loss never falls \(from [\d.]+ to [\d.]+ at its lowest, no more than batches differ by\): /,
    );
    expect(charts(context).at(-1)?.title).toContain("No learning rate to recommend after 100 steps");
  });

  test("says that few steps are too few", async () => {
    const { suggestion, reason } = await find(make(), { steps: 3 });
    expect(suggestion).toBeNull();
    expect(reason).toContain("too few steps have a finite loss (3)");
    await expect(find(make(), { steps: 12, startLr: 1e-3 })).resolves.toHaveProperty("loss.length", 12);
  });

  test("a rule that finds nothing gives way to the middle of the others, and says so", async () => {
    const found = await find(make(), { steps: 16, startLr: 1e-3, endLr: 1, smoothing: 0, suggest: "slide" });
    expect(found.suggestions.slide).toBeNull();
    expect(found.rule).toBe("consensus");
    expect(found.reason).toBe("slide finds nothing on this curve; halfway between valley and minimum");
  });

  test("tests several seeds side by side, each as it would be alone", async () => {
    const [one, all] = [await find(make({ seed: 5 })), await find(make({ seed: 4 }), { seeds: 4 })];
    const { seeds } = all;
    expect(seeds?.smoothed.length).toBe(4);
    const steps = Math.min(one.smoothed.length, 70);
    expect(seeds?.smoothed[1]?.slice(0, steps)).toBeAllclose(one.smoothed.slice(0, steps), { rtol: 1e-4 });
    expect(seeds?.suggestions[1]).toBeCloseTo(one.suggestion as number, 6);
    expect(String(all)).toMatch(/Try a learning rate of [\d.e-]+, [\d.e-]+ to [\d.e-]+ over 4 seeds/);
  });

  test("finds the same on a GPU, for as long as the loss is not chaotic", async () => {
    const gpu = await webgpuProvider.open({ threads: 0, log: () => {} });
    try {
      const [a, b] = [await find(make(), { seeds: 2 }), await find(make(), { seeds: 2 }, testContext(gpu))];
      expect(b.smoothed.slice(0, 60)).toBeAllclose(a.smoothed.slice(0, 60), { rtol: 1e-3 });
      expect((b.suggestion as number) / (a.suggestion as number)).toBeCloseTo(1, 0);
    } finally {
      await gpu.close();
    }
  });

  test("offers to insert what is recommended first, then what the rules say", async () => {
    const context = testContext(backend);
    const found = await find(make(), { suggest: "valley" }, context);
    const { dlnb } = (charts(context).at(-1) as Chart).spec.usermeta as { dlnb: ChartHints };
    const [first, ...others] = dlnb.actions ?? [];
    const value = Number((found.suggestions.valley as number).toPrecision(2));
    expect(first).toMatchObject({
      do: { kind: "set-option", options: ["maxLr", "lr"], value, experiment: "blobs" },
    });
    expect(first?.label).toMatch(/^Insert /);
    expect(others.length).toBe(3);
  });

  test("refuses rates that do not grow and batches that are too large", async () => {
    await expect(find(make(), { startLr: 1, endLr: 0.1 })).rejects.toThrow("endLr = 0.1 is not above startLr = 1");
    await expect(find(make(), { batchSize: 200 })).rejects.toThrow(ConfigError);
  });
});

describe("nothing is changed by a range test", () => {
  const bits = (run: Run) => ({
    state: Object.fromEntries(Object.entries(run.stateDict()).map(([name, { data }]) => [name, [...data]])),
    optimizer: Object.fromEntries(Object.entries(run.checkpoint.state.optimizer).map(([name, v]) => [name, [...v]])),
  });
  const train = (experiment: Experiment, options: object) =>
    inContext(testContext(backend), () => experiment.fit(options));

  test("an experiment trains to the same bits after it", async () => {
    const [plain, tested] = [make(), make()];
    await find(tested, { seeds: 2 });
    expect(tested.runs).toEqual([]);
    const [a, b] = [await train(plain, { epochs: 2 }), await train(tested, { epochs: 2 })];
    expect(bits(b)).toEqual(bits(a));
    expect(b.history.trainLoss).toEqual(a.history.trainLoss);
    expect(b.name).toBe(a.name);
  });

  test("a run keeps its weights, buffers and optimizer state, and continues to the same bits", async () => {
    const [plain, tested] = [make(), make()];
    const [a, b] = [await train(plain, { epochs: 2 }), await train(tested, { epochs: 2 })];
    const before = bits(b);
    await find(b);
    expect(bits(b)).toEqual(before);
    const [c, d] = [await train(plain, { epochs: 4, resume: a }), await train(tested, { epochs: 4, resume: b })];
    expect(bits(d)).toEqual(bits(c));
  });

  test("a run's test starts from its weights", async () => {
    const run = await train(make(), { epochs: 8 });
    const found = await find(run, { startLr: 1e-7 });
    expect(found.loss[0]).toBeLessThan(0.6);
  });

  test("also when it is stopped in the middle: what is known stays", async () => {
    const [plain, tested] = [make(), make()];
    const context = interruptedAfter(1);
    const found = await find(tested, { steps: 20000, stopFactor: 1e9 }, context);
    expect(found.ending).toBe("interrupted");
    expect(found.loss.length).toBeGreaterThan(0);
    expect(found.loss.length).toBeLessThan(20000);
    expect(charts(context).at(-1)?.title).toMatch(/stopped after [\d,]+ steps? of 20000/);
    const [a, b] = [await train(plain, { epochs: 2 }), await train(tested, { epochs: 2 })];
    expect(bits(b)).toEqual(bits(a));
  });

  test("a run that is tested and stopped keeps its bits too", async () => {
    const run = await train(make(), { epochs: 2 });
    const before = bits(run);
    const found = await find(run, { steps: 20000, stopFactor: 1e9 }, interruptedAfter(2));
    expect(found.ending).toBe("interrupted");
    expect(bits(run)).toEqual(before);
  });

  test("a stop before it begins is an interruption", async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(find(make(), {}, testContext(backend, { signal: controller.signal }))).rejects.toThrow(Interrupted);
  });

  test("device memory is given back", async () => {
    await find(make(), { seeds: 3 });
    await expect.poll(() => backend.deviceBytes, { timeout: 5000 }).toBe(0);
  });
});
