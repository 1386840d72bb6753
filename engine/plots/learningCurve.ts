import { axisEnd } from "./axisEnd.ts";
import { encodeColumns } from "./columns.ts";
import { controlTable } from "./controlMarks.ts";
import { hints } from "./curve/hints.ts";
import { lossPanel, lrPanel, metricPanel, movingPanel } from "./curve/panels.ts";
import { type CurveState, END, MAX_METRICS, smoothing, VIEW } from "./curve/state.ts";
import { bestColumns, bestMetricColumns, checkpointTable, rateMarkTable } from "./curve/tables.ts";
import { textOf, titleOf } from "./curve/words.ts";
import { ema } from "./ema.ts";
import { definePlot } from "./plot.ts";

export const learningCurve = definePlot<CurveState>({
  kind: "learning-curve",
  summary: "Loss, metrics and learning rate over the steps of a training run.",

  title: titleOf,
  text: textOf,

  spec: (state) => {
    const metrics = state.metrics.slice(0, MAX_METRICS);
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints(state) },
      params: [
        { name: END, value: state.live ? axisEnd(state.last.step, state.steps) : state.steps },
        { name: VIEW, value: "value" },
      ],
      spacing: 12,
      resolve: { scale: { x: "shared", color: "shared" } },
      vconcat: [
        lossPanel(state),
        ...metrics.map((metric, i) => metricPanel(state, metric, i)),
        ...(state.moving.penalty ? [movingPanel(state, "penalty", "penalty on weights, added to the loss")] : []),
        ...(state.moving.momentum ? [movingPanel(state, "momentum", "momentum")] : []),
        ...(state.moving.clipped
          ? [movingPanel(state, "clipped", "share of steps with a clipped gradient, over an epoch")]
          : []),
        lrPanel(state),
      ],
    };
  },

  datasets: ({ train, epochRows, best, bestMetrics, rateMarks, controls, checkpoints, steps, stepsPerEpoch }) => ({
    train: encodeColumns({ ...train, smoothed: ema(train.loss, smoothing(stepsPerEpoch)) }),
    epochs: encodeColumns(epochRows),
    best: encodeColumns(bestColumns(best)),
    bestMetrics: encodeColumns(bestMetricColumns(bestMetrics)),
    rateMarks: rateMarkTable(rateMarks, steps),
    controls: controlTable(controls, steps),
    checkpoints: checkpointTable(checkpoints),
  }),

  example: () => {
    const [epochs, stepsPerEpoch] = [6, 4];
    const at = Array.from({ length: epochs * stepsPerEpoch }, (_, i) => i + 1);
    const loss = at.map((step) => Number((2.3 * Math.exp(-step / 8) + (step % 3) / 50).toFixed(4)));
    const changes = (values: readonly number[]) =>
      values.map((v, i) => (i === 0 ? Number.NaN : Number((v - (values[i - 1] as number)).toFixed(6))));
    const trainLoss = [1.8, 1.0, 0.7, 0.4, 0.3, 0.2];
    const train0 = [0.45, 0.72, 0.82, 0.9, 0.94, 0.97];
    const never = at.map(() => Number.NaN);
    const validLoss = [1.6, 1.1, 0.8, 0.6, 0.55, 0.58];
    const valid0 = [0.5, 0.7, 0.8, 0.85, 0.88, 0.87];
    return {
      name: "example",
      metrics: [{ name: "accuracy", better: "higher" }],
      validation: true,
      averaged: false,
      steps: at.length,
      epochs,
      stepsPerEpoch,
      live: false,
      last: { step: at.length, epoch: epochs, trainLoss: 0.13, validLoss: 0.58, metrics: { accuracy: 0.87 } },
      best: { epoch: 5, step: 20, loss: 0.55 },
      bestMetrics: [{ metric: 0, epoch: 5, step: 20, value: 0.88 }],
      rateMarks: [{ step: 13, from: 0.003, to: 0.0003, before: 0.6, after: 0.13 }],
      controls: [{ step: 16, label: "paused", about: "it was paused here" }],
      checkpoints: [{ file: "runs/20261121-120000/checkpoints/step-16.safetensors", step: 16 }],
      run: "run-example",
      moving: { penalty: false, momentum: false, clipped: false },
      binSize: 1,
      train: {
        step: at,
        loss,
        low: loss,
        high: loss,
        lr: at.map((step) => (step < 13 ? 0.003 : 0.0003)),
        momentum: never,
        clipped: never,
        penalty: never,
      },
      epochRows: {
        step: validLoss.map((_, i) => (i + 1) * stepsPerEpoch),
        epoch: validLoss.map((_, i) => i + 1),
        upper: validLoss.map((v, i) => Math.max(v, trainLoss[i] as number)),
        trainLoss,
        validLoss,
        train0,
        valid0,
        trainLossChange: changes(trainLoss),
        validLossChange: changes(validLoss),
        train0Change: changes(train0),
        valid0Change: changes(valid0),
      },
    };
  },
});
