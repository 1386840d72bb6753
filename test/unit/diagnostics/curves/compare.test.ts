import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../../engine/backends/webgpu/index.ts";
import { compare } from "../../../../engine/diagnostics/curves/compare.ts";
import { Interrupted } from "../../../../engine/errors/index.ts";
import { globals } from "../../../../engine/library.ts";
import { CHART_MIME, type Chart } from "../../../../engine/protocol/index.ts";
import { inContext, type Run } from "../../../../engine/session/index.ts";
import { testContext } from "../../../support/context.ts";

const { nn, data, loss, metrics, optim, experiment, schedule } = globals;

let wasm: Backend;
let webgpu: Backend;
beforeAll(async () => {
  wasm = await wasmProvider.open({ threads: 1, log: () => {} });
  webgpu = await webgpuProvider.open({ threads: 0, log: () => {} });
});
afterAll(async () => await Promise.all([wasm.close(), webgpu.close()]));

const moons = data.moons({ n: 240, noise: 0.2, seed: 3 }).split({ valid: 80, seed: 1 });

const made = (more: object = {}) =>
  experiment({
    data: moons,
    model: nn.sequential(nn.linear(6), nn.tanh(), nn.linear(2)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr: 0.1 }),
    batchSize: 20,
    seed: 5,
    ...more,
  });

async function shown<T>(work: () => Promise<T>, context = testContext(wasm)) {
  const found = await inContext(context, work);
  const charts = new Map<string, Chart>();
  for (const e of context.events) {
    if (e.event !== "output") continue;
    for (const item of e.output.items) if (item.mime === CHART_MIME) charts.set(e.output.id, item.data);
  }
  return { found, charts: [...charts.values()], text: String(found), events: context.events };
}

const trained = async (more: object = {}, fit: object = {}): Promise<Run> =>
  await inContext(testContext(wasm), () => made(more).fit({ epochs: 3, ...fit }));

describe("compare", () => {
  test("draws runs over each other, and says what differs, who is best and whether that is more than noise", async () => {
    const runs: Run[] = [];
    for (const lr of [0.001, 0.3])
      for (const seed of [1, 2, 3]) runs.push(await trained({ optimizer: optim.sgd({ lr }), seed }));
    const { found, charts, text } = await shown(() => compare(...runs));
    expect(charts).toHaveLength(1);
    expect(found.groups.map(({ label, finals }) => [label, finals.length])).toEqual([
      ["lr 0.3", 3],
      ["lr 0.001", 3],
    ]);
    expect(found.difference?.by).toBe("paired seeds");
    expect(text).toContain("optimizer.lr  0.3 | 0.001");
    expect(text).toMatch(/95 % interval of the difference −?\d\S* \.\. −?\d\S* over 3 seeds/);
    const { spec, datasets } = charts[0] as Chart;
    expect(JSON.stringify(spec)).toContain("validation solid, training dashed");
    expect(datasets.loss?.part).toEqual({ text: expect.arrayContaining(["validation", "training"]) });
  });

  test("takes single runs on the same examples by those that one alone gets right", async () => {
    const [a, b] = [await trained({}, { epochs: 30 }), await trained({ optimizer: optim.sgd({ lr: 1e-4 }) })];
    const { found, text } = await shown(() => compare(a, b));
    const { difference } = found;
    if (difference?.by !== "same examples" || !("onlyFirst" in difference)) throw new Error("not of the same examples");
    const { examples, onlyFirst, onlySecond } = difference;
    expect(examples).toBe(80);
    const gap = (a.final.validAccuracy as number) - (b.final.validAccuracy as number);
    expect((onlyFirst - onlySecond) / examples).toBeCloseTo(gap, 10);
    expect(text.replaceAll(/\s+/g, " ")).toMatch(
      /of 80 validation examples, \d+ only .* gets right and \d+ only .* \(McNemar's exact test, p = /,
    );
    // of other examples, or by another figure, only shares are known
    const optimizer = optim.sgd({ lr: 0.2 });
    const other = await trained({
      optimizer,
      data: data.moons({ n: 240, noise: 0.2, seed: 4 }).split({ valid: 80, seed: 1 }),
    });
    expect((await shown(() => compare(a, other))).found.difference?.by).toBe("single runs");
    expect((await shown(() => compare(a, b, { figure: "loss" } as never))).found.difference?.by).not.toBe(
      "same examples",
    );
  });

  test("takes runs by label, and a figure to rank them by", async () => {
    const [a, b] = [await trained(), await trained({ optimizer: optim.adam({ lr: 0.01 }) })];
    const { found } = await shown(() => compare({ plain: a, "with moments": [b] }, { figure: "loss" }));
    expect(found.groups.map(({ label }) => label).sort()).toEqual(["plain", "with moments"]);
    expect(found.figure).toMatchObject({ name: "validation loss", better: "lower" });
    const { found: listed } = await shown(() => compare([a, b] as never, { figure: "accuracy" } as never));
    expect(listed.figure.name).toBe("validation accuracy");
  });

  test("tells schedules of one experiment apart", async () => {
    const exp = made();
    const runs = await inContext(testContext(wasm), async () => [
      await exp.fit({ epochs: 2 }),
      await exp.fit({ epochs: 2, schedule: schedule.cosine() }),
    ]);
    const { found, text } = await shown(() => compare(...runs));
    expect(found.groups).toHaveLength(2);
    expect(text).toMatch(/schedule +(– \| cosine|cosine \| –)/);
  });

  test("names what is no run", async () => {
    const run = await trained();
    const say = (work: () => Promise<unknown>) => inContext(testContext(wasm), work);
    await expect(say(() => (compare as (...a: unknown[]) => Promise<unknown>)())).rejects.toThrow(
      "compare: give runs, as compare(run1, run2)",
    );
    await expect(say(() => compare(run, 3 as never))).rejects.toThrow(
      "compare: argument 2 is no run and no list of runs",
    );
    await expect(say(() => compare({ a: run, b: null as never }))).rejects.toThrow("compare: b is no run");
    await expect(say(() => compare({ a: run, b: run }))).rejects.toThrow("stands under a and under b");
    await expect(say(() => compare({ a: run }, { figur: "loss" } as never))).rejects.toThrow('unknown option "figur"');
  });
});

describe.each([
  ["wasm", () => wasm],
  ["webgpu", () => webgpu],
] as const)("on %s", (_, backend) => {
  test("optimizers train from the same seeds, each at a rate that was found for it", async () => {
    const { found, charts, text } = await shown(
      () => made().compareOptimizers({ seeds: 2, epochs: 4 }),
      testContext(backend()),
    );
    expect([...new Set(found.labels)].sort()).toEqual(["adam", "adamw", "rmsprop", "sgd"]);
    expect(found.runs.map((run) => run.experiment.options.seed)).toEqual([5, 6, 5, 6, 5, 6, 5, 6]);
    expect(found.complete).toBe(true);
    expect(charts).toHaveLength(1);
    for (const [label, run] of found.labels.map((l, i) => [l, found.runs[i] as Run] as const)) {
      expect(run.history.lr[0]).toBeCloseTo(found.rates[label] as number, 8);
    }
    // tanh units on standardized clouds: plain descent wants a far larger rate than Adam
    expect(found.rates.sgd as number).toBeGreaterThan(found.rates.adam as number);
    expect(text).toMatch(
      /learning rates, each the lowest within 2 % of the best validation loss after 20 steps of one seed: sgd [\d.]+ \(of \d+/,
    );
    expect(text).toContain("all pairs together at 95 %");
  });

  test("schedules train from the same seeds with one highest rate", async () => {
    const exp = made();
    const { found, text } = await shown(() => exp.compareSchedules({ seeds: 2, steps: 24 }), testContext(backend()));
    expect([...new Set(found.labels)]).toEqual(["constant", "cosine", "warm-up, cosine", "oneCycle", "step"]);
    for (const run of found.runs) {
      expect(Math.max(...run.history.lr)).toBeLessThanOrEqual(0.1 + 1e-9);
      expect(Math.max(...run.history.lr)).toBeGreaterThan(0.08);
    }
    expect(text).toContain("every schedule has 0.1 as its highest rate, the optimizer's own");
    expect(exp.runs).toHaveLength(10);
  });

  test("one batch is learnt by heart, and one that cannot be says so", async () => {
    const good = await shown(() => made().overfitBatch(), testContext(backend()));
    expect(good.found).toMatchObject({ reached: true, examples: 20 });
    expect(good.charts[0]?.title).toContain("20 examples learnt by heart in");
    expect(good.text).toContain("passed");
    const dead = made({
      model: nn.sequential(nn.linear(2), nn.relu(), nn.linear(1), nn.tanh(), nn.linear(2)),
      batchSize: 80,
    });
    const bad = await shown(() => dead.overfitBatch({ steps: 30 }), testContext(backend()));
    expect(bad.found.reached).toBe(false);
    expect(bad.text).toContain("failed");
    expect(JSON.stringify(bad.events)).toContain("check that x and y belong together");
  });
});

describe("comparing optimizers", () => {
  test("takes them by name, at the rates given unless told to look", async () => {
    const candidates = { slow: optim.sgd({ lr: 1e-3 }), fast: optim.sgd({ lr: 0.3 }) };
    const { found, text } = await shown(() => made().compareOptimizers(candidates, { seeds: 3, epochs: 3 }));
    expect(found.rates).toEqual({ slow: 1e-3, fast: 0.3 });
    expect(found.groups[0]?.label).toBe("fast");
    expect(text).toContain("learning rates: as given");
    expect(text).toContain("optimizer.lr  0.3 | 0.001");
    // lanes of one plan: they differ in a number alone
    expect(found.lanes).toEqual([6]);
    const searched = await shown(() => made().compareOptimizers(candidates, { seeds: 1, epochs: 2, findRates: true }));
    expect(searched.found.rates.slow).toBe(searched.found.rates.fast);
  });

  test("says that a schedule with rates of its own leaves nothing to find", async () => {
    const options = { seeds: 1, epochs: 2, schedule: schedule.oneCycle({ maxLr: 0.1 }) };
    const { text } = await shown(() => made().compareOptimizers(options));
    expect(text).toContain("oneCycle sets them itself, the same for all");
  });

  test("an experiment's own optimizer joins with its settings", async () => {
    const { found } = await shown(() =>
      made({ optimizer: optim.lion({ lr: 1e-3 }) }).compareOptimizers({ seeds: 1, epochs: 1 }),
    );
    expect(found.labels).toEqual(["sgd", "adam", "adamw", "rmsprop", "lion"]);
  });

  test("an interrupt while looking for rates says so, one while training keeps what there is", async () => {
    const early = new AbortController();
    const context = testContext(wasm, { signal: early.signal });
    const emit = context.emit;
    context.emit = (event) => {
      emit(event);
      if (event.event === "progress") early.abort(new Interrupted("stop"));
    };
    early.abort(new Interrupted("stop"));
    await expect(inContext(context, () => made().compareOptimizers())).rejects.toThrow(Interrupted);

    const late = new AbortController();
    const second = testContext(wasm, { signal: late.signal });
    const tell = second.emit;
    second.emit = (event) => {
      tell(event);
      if (event.event === "output") late.abort(new Interrupted("stop"));
    };
    const candidates = { a: optim.sgd({ lr: 0.01 }), b: optim.sgd({ lr: 0.1 }) };
    const { found } = await shown(() => made().compareOptimizers(candidates, { seeds: 2, epochs: 500 }), second);
    expect(found.complete).toBe(false);
    expect(found.runs).toHaveLength(4);
    for (const run of found.runs) expect(run.stopped).toBe("interrupted");
  });

  test("refuses what looks at the whole set, and what is no optimizer", async () => {
    const ask = (given: unknown) => inContext(testContext(wasm), () => made().compareOptimizers(given as never));
    await expect(ask({ a: optim.lbfgs() })).rejects.toThrow(
      "compareOptimizers: a looks at the whole training set in every step",
    );
    await expect(ask({ a: 3 })).rejects.toThrow("optimizers by name, as { adam: optim.adam()");
    await expect(ask({ seeds: 0 })).rejects.toThrow("compareOptimizers: seeds = 0 is outside [1, 100]");
  });
});

test("schedules given by name keep theirs, null being a constant rate", async () => {
  const given = { flat: null, falling: schedule.cosine() };
  const { found, text } = await shown(() => made().compareSchedules(given, { seeds: 1, epochs: 2, findRates: true }));
  expect(found.labels).toEqual(["flat", "falling"]);
  expect(found.runs[0]?.history.lr.every((lr) => lr === found.runs[0]?.history.lr[0])).toBe(true);
  expect(text).toMatch(
    /learning rates, each the lowest within 2 % of the best validation loss after 20 steps of one seed: sgd [\d.]+/,
  );
});
