import { expect, test } from "vitest";
import { CurveRecorder, type CurveRows, decodeColumns } from "../../../engine/plots/index.ts";

const options = {
  id: "chart-1",
  name: "tour",
  metrics: [{ name: "accuracy", better: "higher" as const }],
  validation: true,
  steps: 40,
  epochs: 4,
  stepsPerEpoch: 10,
};

/** Plays the messages as a renderer does. */
class Reader {
  readonly tables: Record<string, Record<string, number[]>> = {};
  readonly sizes: number[] = [];

  readonly take = ({ dataset, columns, replace }: CurveRows) => {
    this.sizes.push(JSON.stringify(columns).length);
    const decoded = decodeColumns(columns);
    const before = replace ? {} : (this.tables[dataset] ?? {});
    this.tables[dataset] = Object.fromEntries(
      Object.entries(decoded).map(([name, values]) => [name, [...(before[name] ?? []), ...values]]),
    );
  };
}

function train(recorder: CurveRecorder, from: number, count: number, loss = (step: number) => 1 / step) {
  const steps = Array.from({ length: count }, (_, i) => from + i);
  recorder.addTrain(
    steps,
    steps.map(loss),
    steps.map(() => 0.01),
  );
}

test("rows leave in the order they came, and the chart holds the same ones", () => {
  const reader = new Reader();
  const recorder = new CurveRecorder(reader.take, { ...options, intervalMs: 0 });
  for (let epoch = 1; epoch <= 4; epoch++) {
    train(recorder, (epoch - 1) * 10 + 1, 10);
    recorder.addEpoch({
      epoch,
      step: epoch * 10,
      train: { loss: 1, accuracy: 0.5 },
      valid: { loss: 2 - epoch / 4, accuracy: 0.6 },
    });
  }
  const chart = recorder.chart(false);
  const final = decodeColumns(chart.datasets.train ?? {});
  expect(reader.tables.train?.step).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  expect([...(final.loss ?? [])]).toEqual(reader.tables.train?.loss);
  expect(reader.tables.best).toEqual({ epoch: [4], step: [40], loss: [1] });
  expect(chart.title).toBe("Validation loss 1 after 4 epochs, its lowest");
});

test("rows leave at most once per interval", () => {
  let now = 0;
  const reader = new Reader();
  const recorder = new CurveRecorder(reader.take, { ...options, intervalMs: 100, now: () => now });
  for (let step = 1; step <= 1000; step++) {
    now += 1;
    train(recorder, step, 1);
  }
  expect(reader.sizes.length).toBeLessThanOrEqual(11);
  recorder.flush();
  expect(reader.tables.train?.step?.length).toBe(1000);
});

test("a chart that was taken whole is not sent again as rows", () => {
  const reader = new Reader();
  const recorder = new CurveRecorder(reader.take, { ...options, intervalMs: Number.POSITIVE_INFINITY });
  train(recorder, 1, 10);
  reader.sizes.length = 0;
  recorder.chart(true);
  recorder.flush();
  expect(reader.sizes).toEqual([]);
});

test("a hundred thousand steps of one epoch each stay small in every message and in the end", () => {
  const reader = new Reader();
  const recorder = new CurveRecorder(reader.take, { ...options, steps: 100_000, epochs: 100_000, intervalMs: 0 });
  for (let block = 0; block < 100; block++) {
    train(recorder, block * 1000 + 1, 1000);
    for (let i = 1; i <= 1000; i++) {
      const epoch = block * 1000 + i;
      recorder.addEpoch({ epoch, step: epoch, train: { loss: 1 }, valid: { loss: 1 / epoch } });
    }
  }
  const chart = recorder.chart(false);
  expect(JSON.stringify(chart).length).toBeLessThan(700_000);
  expect(Math.max(...reader.sizes)).toBeLessThan(300_000);
  expect(reader.tables.train?.step?.length).toBeLessThanOrEqual(2000);
  expect(reader.tables.epochs?.step?.length).toBeLessThanOrEqual(2000);
  const history = recorder.history();
  expect(history.thinned).toBe(true);
  expect(history.step.length).toBeLessThanOrEqual(8192);
  expect(history.step.at(-1)).toBe(100_000);
  // thinning must not lose the one epoch that matters
  expect(decodeColumns(chart.datasets.best ?? {}).epoch?.[0]).toBe(100_000);
});

test("a loss that is not finite is drawn as a gap", () => {
  const reader = new Reader();
  const recorder = new CurveRecorder(reader.take, { ...options, intervalMs: 0 });
  recorder.addTrain([1, 2, 3], [1, Number.POSITIVE_INFINITY, Number.NaN], [0.1, 0.1, 0.1]);
  expect(reader.tables.train?.loss).toEqual([1, Number.NaN, Number.NaN]);
  expect(recorder.chart(false).title).toBe("Training loss 1 after 3 steps");
});

test("the history has one column per loss and metric that was seen, in full for short runs", () => {
  const recorder = new CurveRecorder(() => undefined, { ...options, validation: false });
  train(recorder, 1, 20);
  recorder.addEpoch({ epoch: 1, step: 20, train: { loss: 0.3, accuracy: 0.9 } });
  recorder.chart(false);
  expect(recorder.history()).toMatchObject({
    epoch: [1],
    epochStep: [20],
    train: { loss: [0.3], accuracy: [0.9] },
    valid: {},
    thinned: false,
  });
  expect(recorder.history().trainLoss.length).toBe(20);
});

test("epochs say how much they changed since the one before, and how far validation lies above training", () => {
  const recorder = new CurveRecorder(() => undefined, options);
  const valid = [1, 0.6, 0.9];
  for (const [i, loss] of valid.entries()) {
    recorder.addEpoch({
      epoch: i + 1,
      step: 10 * (i + 1),
      train: { loss: 0.8 - i / 10, accuracy: i },
      valid: { loss },
    });
  }
  const { datasets, text } = recorder.chart(false);
  const epochs = decodeColumns(datasets.epochs ?? {});
  const close = (values: ArrayLike<number> | undefined) => Array.from(values ?? [], (v) => Number(v.toFixed(9)));
  expect(close(epochs.validLossChange)).toEqual([Number.NaN, -0.4, 0.3]);
  expect(close(epochs.trainLossChange)).toEqual([Number.NaN, -0.1, -0.1]);
  expect(close(epochs.train0Change)).toEqual([Number.NaN, 1, 1]);
  expect(close(epochs.upper)).toEqual([1, 0.7, 0.9]);
  expect(text).toContain("gap to the training loss 0.3");
});

test("the best value of each metric is marked, also when the loss was lowest at another epoch", () => {
  const reader = new Reader();
  const recorder = new CurveRecorder(reader.take, { ...options, intervalMs: 0 });
  for (const [i, [loss, accuracy]] of [
    [0.5, 0.7],
    [0.4, 0.8],
    [0.6, 0.9],
  ].entries()) {
    const at = { epoch: i + 1, step: 10 * (i + 1), train: { loss: 0.3, accuracy: 1 } };
    recorder.addEpoch({ ...at, valid: { loss: loss as number, accuracy: accuracy as number } });
  }
  expect(reader.tables.bestMetrics).toEqual({ metric: [0], epoch: [3], step: [30], value: [0.9] });
  expect(recorder.chart(false).text).toContain(
    "the validation loss rises from epoch 2 on while accuracy still improves to epoch 3",
  );
});

test("a rate that drops is marked as it happens", () => {
  const reader = new Reader();
  const recorder = new CurveRecorder(reader.take, { ...options, intervalMs: 0 });
  const steps = Array.from({ length: 40 }, (_, i) => i + 1);
  recorder.addTrain(
    steps,
    steps.map((s) => (s <= 20 ? 2 : 1)),
    steps.map((s) => (s <= 20 ? 0.1 : 0.01)),
  );
  expect(reader.tables.rateMarks).toEqual({ step: [21], from: [0.1], to: [0.01], before: [2], after: [1] });
  expect(recorder.chart(false).text).toContain("the rate falls at step 21, 0.1 to 0.01: training loss 2, then 1");
});

test("momentum and clipping have panels where they move, and none elsewhere", () => {
  const panels = (more: object) => {
    const recorder = new CurveRecorder(() => undefined, { ...options, ...more });
    recorder.addTrain([1, 2, 3, 4], [1, 1, 1, 1], [0.1, 0.1, 0.1, 0.1], [0.5, 3, 3, 3], [0.9, 0.8, 0.85, 0.95]);
    const chart = recorder.chart(false);
    const names = (chart.spec.vconcat as { name: string }[]).map(({ name }) => name);
    return { names, train: decodeColumns(chart.datasets.train ?? {}) };
  };
  expect(panels({}).names).toEqual(["losses", "metric0", "lr"]);
  const { names, train } = panels({ movesMomentum: true, clipNorm: 1 });
  expect(names).toEqual(["losses", "metric0", "momentum", "clipped", "lr"]);
  expect([...(train.momentum ?? [])]).toEqual([0.9, 0.8, 0.85, 0.95]);
  expect([...(train.clipped ?? [])]).toEqual([0, 1 / 2, 2 / 3, 3 / 4]);
});

test("the training loss is smoothed but where every step sees all examples", () => {
  for (const stepsPerEpoch of [10, 1]) {
    const recorder = new CurveRecorder(() => {}, { ...options, stepsPerEpoch });
    train(recorder, 1, 10);
    const { loss = [], smoothed = [] } = decodeColumns(recorder.chart(false).datasets.train ?? {});
    expect(loss[9] === smoothed[9]).toBe(stepsPerEpoch === 1);
  }
});
