import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import type { RunContext } from "../../../../engine/context/index.ts";
import { data as sources } from "../../../../engine/data/index.ts";
import { globals } from "../../../../engine/library.ts";
import { CHART_MIME, type Chart } from "../../../../engine/protocol/index.ts";
import { normal } from "../../../../engine/random/index.ts";
import { inContext, type Run } from "../../../../engine/session/index.ts";
import { HostTensor } from "../../../../engine/tensor/index.ts";
import { testContext } from "../../../support/context.ts";

const { nn, loss, metrics, optim, experiment, schedule } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

const N = 240;

/** Two overlapping clouds. */
const clouds = (() => {
  const noise = normal(8, 0, 2 * N);
  return sources
    .tensors({
      x: new HostTensor(
        [N, 2],
        "f32",
        noise.map((v, i) => v + ((i >> 1) % 2 ? 1 : -1)),
      ),
      y: new HostTensor(
        [N],
        "i32",
        Int32Array.from({ length: N }, (_, i) => i % 2),
      ),
    })
    .split({ valid: 80, seed: 1 });
})();

const made = (lr = 0.05, more: object = {}) =>
  experiment({
    data: clouds,
    model: nn.sequential(nn.linear(4), nn.tanh(), nn.linear(2)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.sgd({ lr }),
    batchSize: 20,
    seed: 5,
    ...more,
  });

const quietly = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend), work);

async function shown<T>(work: () => Promise<T>, context: RunContext & { events: unknown[] } = testContext(backend)) {
  const found = await inContext(context, work);
  const events = context.events as ReturnType<typeof testContext>["events"];
  const charts = events.flatMap((e) =>
    e.event === "output" ? e.output.items.flatMap((i): Chart[] => (i.mime === CHART_MIME ? [i.data] : [])) : [],
  );
  return { found, charts, events };
}

describe("comparing runs", () => {
  test("puts those that differ in their seed alone in one band, and names what tells the others apart", async () => {
    const runs: Run[] = [];
    for (const lr of [0.001, 0.1]) {
      for (const seed of [1, 2, 3]) runs.push(await quietly(() => made(lr, { seed }).fit({ epochs: 4 })));
    }
    const { found, charts } = await shown(() => (runs[0] as Run).compareRuns({ with: runs }));
    expect(found.groups.map(({ label, finals }) => [label, finals.length])).toEqual([
      ["lr 0.1", 3],
      ["lr 0.001", 3],
    ]);
    const best = found.groups[0];
    const finals = runs.slice(3).map((run) => run.final.validAccuracy as number);
    expect(best?.finals).toEqual(finals);
    expect(best?.median).toBe([...finals].sort((a, b) => a - b)[1]);
    const loss4 = runs.slice(3).map((run) => run.history.valid.loss?.[3] as number);
    const band = best?.bands["validation loss"];
    expect([band?.low.at(-1), band?.high.at(-1)]).toEqual([Math.min(...loss4), Math.max(...loss4)]);
    expect(charts[0]?.title).toMatch(/^Lr 0\.1 ends best: validation accuracy/);
  });

  test("says of one run each what the choice of validation examples explains, and that other seeds are not known", async () => {
    const [a, b] = [made(0.001), made(0.1)];
    const first = await quietly(() => a.fit({ epochs: 2 }));
    const second = await quietly(() => b.fit({ epochs: 2 }));
    const { found } = await shown(() => first.compareRuns({ with: second }));
    expect(found.beyondSeeds).toBeNull();
    expect(found.difference).toMatchObject({ by: "same examples", examples: 80 });
    expect(String(found)).toMatch(
      /one run each: .* of 80 validation examples, \d+ only .* \(McNemar's exact test, p = .*, 95 % interval/m,
    );
  });

  test("finds no difference between groups of the same experiment, and one between a good and a hopeless rate", async () => {
    const runs: Run[] = [];
    for (let seed = 1; seed <= 8; seed++) runs.push(await quietly(() => made(0.1, { seed }).fit({ epochs: 4 })));
    const halves = await shown(() =>
      (runs[0] as Run).compareRuns({ with: runs, by: (run) => (run.experiment.options.seed % 2 ? "odd" : "even") }),
    );
    expect(halves.found.beyondSeeds).toBe(false);
    const bad: Run[] = [];
    for (let seed = 1; seed <= 4; seed++) bad.push(await quietly(() => made(1e-6, { seed }).fit({ epochs: 4 })));
    const rates = await shown(() => (runs[0] as Run).compareRuns({ with: [...runs, ...bad], figure: "loss" }));
    expect(rates.found.beyondSeeds).toBe(true);
  });

  test("tells schedules of one experiment apart", async () => {
    const exp = made();
    await quietly(() => exp.fit({ epochs: 3 }));
    await quietly(() => exp.fit({ epochs: 3, schedule: schedule.cosine() }));
    const { found } = await shown(() => exp.compareRuns());
    expect(found.groups).toHaveLength(2);
  });

  test("needs a run with a history, and a figure that all have", async () => {
    const exp = made();
    await expect(shown(() => exp.compareRuns())).rejects.toThrow("there is no run yet; train one with fit()");
    await quietly(() => exp.fit({ epochs: 1 }));
    await expect(shown(() => exp.compareRuns({ figure: "acuracy" }))).rejects.toThrow('did you mean "accuracy"');
  });

  test("stays small for long runs", async () => {
    const exp = made(0.05, { batchSize: 160 });
    for (const seed of [1, 2]) {
      exp.keep(await quietly(() => made(0.05, { batchSize: 160, seed }).fit({ epochs: 1500, validateEvery: 3 })));
    }
    const { charts } = await shown(() => exp.compareRuns());
    expect(JSON.stringify(charts[0]).length).toBeLessThan(120_000);
  });
});

describe("several seeds", () => {
  test("are the runs that each seed gives by itself, to the bits", async () => {
    const exp = made(0.1);
    const { found, charts, events } = await shown(() => exp.replicas({ seeds: [5, 9], epochs: 3 }));
    for (const [i, seed] of [5, 9].entries()) {
      const alone = await quietly(() => made(0.1, { seed }).fit({ epochs: 3 }));
      expect(found.runs[i]?.weights.parameters).toEqual(alone.weights.parameters);
    }
    expect(found.groups[0]?.seeds).toEqual([5, 9]);
    expect(exp.runs).toEqual(found.runs);
    expect(charts.at(-1)?.title).toMatch(/over 2 seeds, from /);
    // one chart under the cell, shown again as more is known, and none for each run
    expect(new Set(charts.map(({ id }) => id)).size).toBe(1);
    expect(events.filter((e) => e.event === "run")).toHaveLength(2);
  });

  test("need two different ones", async () => {
    for (const seeds of [0, [3, 3], 2.5, [-1, 2]]) {
      await expect(shown(() => made().replicas({ seeds }))).rejects.toThrow("replicas: seeds must be how many seeds");
    }
    for (const seeds of [1, [3]]) {
      await expect(shown(() => made().replicas({ seeds }))).rejects.toThrow("replicas: that is one run");
    }
  });

  test("one of which diverges are shown without it", async () => {
    const exp = made(1e30, { model: nn.sequential(nn.linear(4), nn.relu(), nn.linear(2)) });
    const { found } = await shown(() => exp.replicas({ seeds: 2, epochs: 2 }));
    expect(found.groups[0]?.finals.every(Number.isNaN)).toBe(true);
    expect(String(found)).toContain("2 not finite");
  });
});

describe("the curve over the amount of data", () => {
  test("trains every size and seed on nested parts, and reports errors as accuracies say", async () => {
    const exp = made(0.1);
    const { found, charts, events } = await shown(() =>
      exp.dataCurve({ fractions: [0.1, 0.25, 0.5, 1], seeds: 2, steps: 40 }),
    );
    expect(found.curves[0]?.points.map((p) => [p.examples, p.errors.length])).toEqual([
      [16, 2],
      [40, 2],
      [80, 2],
      [160, 2],
    ]);
    const whole = await quietly(() => made(0.1).fit({ steps: 40 }));
    const order = clouds.train.size;
    expect(order).toBe(160);
    // all data in another order: the same examples, a run of its own
    expect(found.curves[0]?.points[3]?.errors[0]).toBeCloseTo(1 - (whole.final.validAccuracy as number), 1);
    expect(found.figure).toBe("error");
    expect(found.complete).toBe(true);
    expect(charts.at(-1)?.title).toMatch(/^Validation error [\d.]+ % with 160 examples; /);
    expect(exp.runs).toEqual([]);
    expect(events.filter((e) => e.event === "run")).toEqual([]);
  });

  test("compares models on the same parts", async () => {
    const models = { line: nn.sequential(nn.linear(2)), net: nn.sequential(nn.linear(8), nn.relu(), nn.linear(2)) };
    const { found, charts } = await shown(() => made().dataCurve({ fractions: [0.5, 1], seeds: 1, steps: 10, models }));
    expect(found.curves.map(({ model }) => model)).toEqual(["line", "net"]);
    expect(found.curves.every(({ law }) => law === null)).toBe(true);
    expect(charts.at(-1)?.title).toContain("line ");
  });

  test("needs data to be judged on", async () => {
    const exp = made(0.1, { data: clouds.train });
    await expect(shown(() => exp.dataCurve())).rejects.toThrow("dataCurve: it needs validation or test data");
  });

  test("is stopped with nothing to show, or with the sizes that are done", async () => {
    const stop = new AbortController();
    stop.abort();
    const context = testContext(backend, { signal: stop.signal });
    await expect(shown(() => made().dataCurve(), context)).rejects.toThrow(/interrupted/);
  });
});
