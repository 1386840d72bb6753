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
  expect(chart.title).toBe("validation loss 1 after 4 epochs, its lowest");
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
  expect(recorder.chart(false).title).toBe("training loss 1 after 3 steps");
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
