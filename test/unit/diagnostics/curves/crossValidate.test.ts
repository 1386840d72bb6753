import { afterAll, beforeAll, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import type { Dataset, Splits } from "../../../../engine/data/index.ts";
import { globals } from "../../../../engine/library.ts";
import { CHART_MIME, type Chart } from "../../../../engine/protocol/index.ts";
import { inContext } from "../../../../engine/session/index.ts";
import { testContext } from "../../../support/context.ts";

const { data, nn, loss, metrics, optim, experiment } = globals;

let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 1, log: () => {} });
});
afterAll(() => backend.close());

const moons = data.moons({ n: 120, noise: 0.2, seed: 1 });
const make = (sets: Dataset | Splits) =>
  experiment({
    data: sets,
    model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(2)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adam({ lr: 0.02 }),
    seed: 4,
  });

test("each fold is the run that fit gives, and figures have their mean and sample deviation", async () => {
  const folds = moons.folds(3, { seed: 4 });
  const context = testContext(backend);
  await inContext(context, async () => {
    const exp = make(moons);
    const { runs, figures, complete } = await exp.crossValidate({ folds: 3, epochs: 3 });
    const alone = await make(folds[1] as Splits).fit({ epochs: 3 });
    expect(runs[1]?.final.validLoss).toBe(alone.final.validLoss);
    expect([runs.length, exp.runs.length, complete]).toEqual([3, 3, true]);
    expect(runs[1]?.name).toBe(`${exp.name}, fold 2`);
    const { folds: own = [], mean, std } = figures.validAccuracy ?? {};
    expect(own).toEqual(runs.map((run) => run.final.validAccuracy));
    const [a = 0, b = 0, c = 0] = own;
    expect(mean).toBeCloseTo((a + b + c) / 3, 10);
    expect(std).toBeCloseTo(Math.sqrt(((a - b) ** 2 + (b - c) ** 2 + (a - c) ** 2) / 6), 10);
  });
  const charts = context.events.flatMap((e) => (e.event === "output" ? e.output.items : []));
  const titles = charts.filter(({ mime }) => mime === CHART_MIME).map(({ data }) => (data as Chart).title);
  expect(titles).toContainEqual(expect.stringMatching(/, cross-validated: validation accuracy .* over 3 runs, from /));
});

test("transforms learn anew from each fold's training part", async () => {
  await inContext(testContext(backend), async () => {
    const sets = moons.split({ test: 30, seed: 1 }).transform(data.standardize());
    const { runs } = await make(sets).crossValidate({ folds: 3, epochs: 1 });
    const middles = runs.map((run) => run.prepared?.steps[0]?.statistics.middle?.[0] as number);
    expect(new Set(middles).size).toBe(3);
    expect(new Set([...middles, sets.prepared?.steps[0]?.statistics.middle?.[0]]).size).toBe(4);
    const lossy = make(moons.split({ test: 30, seed: 1 }).transform(data.pca({ k: 1 })));
    await expect(lossy.crossValidate({ folds: 3 })).rejects.toThrow(
      "crossValidate: pca cannot be undone to be fitted anew for each fold; give the folds: data.folds(3).map(",
    );
    const given = moons.folds(2).map((fold) => fold.transform(data.pca({ k: 1 })));
    expect((await make(given[0] as Splits).crossValidate({ folds: given, steps: 2 })).runs).toHaveLength(2);
  });
});

test("what are no folds is refused", async () => {
  await inContext(testContext(backend), async () => {
    await expect(make(moons).crossValidate({ folds: 1 })).rejects.toThrow(
      "crossValidate: folds = 1 is outside [2, 100]",
    );
    await expect(make(moons).crossValidate({ folds: [moons] as never })).rejects.toThrow(
      "crossValidate: folds must be a number of folds or a list of them, as from data.folds(5)",
    );
  });
});
