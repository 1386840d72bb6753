import type { ChartHints } from "../protocol/index.ts";
import { axisEnd } from "./axisEnd.ts";
import { encodeColumns } from "./columns.ts";
import { ema } from "./ema.ts";
import { count, significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** Metrics beyond these are in the history and the log, not in the chart. */
export const MAX_METRICS = 3;

export type EpochField = "step" | "epoch" | "trainLoss" | "validLoss" | `${"train" | "valid"}${0 | 1 | 2}`;
export type TrainField = "step" | "loss" | "low" | "high" | "lr";

export interface Best {
  epoch: number;
  step: number;
  loss: number;
}

/** A run as the curve sees it. Columns are numbers with NaN for "missing". */
export interface CurveState {
  name: string;
  metrics: readonly { name: string; better: "higher" | "lower" }[];
  validation: boolean;
  /** Extent of the horizontal axis: planned steps while live, done steps after. */
  steps: number;
  epochs: number;
  stepsPerEpoch: number;
  live: boolean;
  last: {
    step: number;
    epoch: number;
    trainLoss: number;
    validLoss: number;
    metrics: Readonly<Record<string, number>>;
  };
  /** Lowest validation loss. */
  best: Best | null;
  /** Steps per training row. */
  binSize: number;
  train: Readonly<Record<TrainField, ArrayLike<number>>>;
  epochRows: Readonly<Record<EpochField, ArrayLike<number>>>;
}

/** Share of the previous value in the smoothed training loss; the reader has a slider for it. */
const SMOOTHING = 0.8;
/** Name of the parameter at which the horizontal axes end. */
const END = "end";
/** Above this many epochs the points would touch. */
const MAX_POINTS = 60;

export const learningCurve = definePlot<CurveState>({
  kind: "learning-curve",
  summary: "Loss, metrics and learning rate over the steps of a training run.",

  title: ({ name, live, last, best, epochs, steps, validation }) => {
    if (live) return `${name}: training for ${epochs > 0 ? count(epochs, "epoch") : count(steps, "step")}`;
    const after = epochs > 0 ? count(epochs, "epoch") : count(steps, "step");
    if (!validation || Number.isNaN(last.validLoss)) {
      return `training loss ${significant(last.trainLoss)} after ${after}`;
    }
    const found = `validation loss ${significant(last.validLoss)} after ${after}`;
    if (best === null || best.epoch === last.epoch) return `${found}, its lowest`;
    return `${found}, lowest (${significant(best.loss)}) at epoch ${best.epoch}`;
  },

  text: ({ name, live, last, best, train, metrics, validation, epochs, steps }) => {
    const first = train.loss[0];
    const length = epochs > 0 ? `${count(epochs, "epoch")}, ${count(steps, "step")}` : count(steps, "step");
    const sentences = [
      `learning curve of ${name}, ${length}${live ? ", still training" : ""}`,
      first === undefined
        ? "no step is done yet"
        : `training loss from ${significant(first)} to ${significant(last.trainLoss)}`,
    ];
    if (validation && !Number.isNaN(last.validLoss)) {
      const lowest = best === null ? "" : `, lowest ${significant(best.loss)} at epoch ${best.epoch}`;
      sentences.push(`validation loss ${significant(last.validLoss)}${lowest}`);
    }
    for (const { name: metric } of metrics) {
      const value = last.metrics[metric];
      if (value !== undefined)
        sentences.push(`${validation ? "validation" : "training"} ${metric} ${significant(value)}`);
    }
    return sentences.join("; ");
  },

  spec: (state) => {
    const metrics = state.metrics.slice(0, MAX_METRICS);
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      usermeta: { dlnb: hints(state) },
      params: [{ name: END, value: state.live ? axisEnd(state.last.step, state.steps) : state.steps }],
      spacing: 12,
      resolve: { scale: { x: "shared", color: "shared" } },
      vconcat: [lossPanel(state), ...metrics.map((metric, i) => metricPanel(state, metric.name, i)), lrPanel(state)],
    };
  },

  datasets: ({ train, epochRows, best }) => ({
    train: encodeColumns({ ...train, smoothed: ema(train.loss, SMOOTHING) }),
    epochs: encodeColumns(epochRows),
    best: encodeColumns(bestColumns(best)),
  }),

  example: () => {
    const [epochs, stepsPerEpoch] = [6, 4];
    const at = Array.from({ length: epochs * stepsPerEpoch }, (_, i) => i + 1);
    const loss = at.map((step) => Number((2.3 * Math.exp(-step / 8) + (step % 3) / 50).toFixed(4)));
    const missing = Array.from({ length: epochs }, () => Number.NaN);
    const validLoss = [1.6, 1.1, 0.8, 0.6, 0.55, 0.58];
    const valid0 = [0.5, 0.7, 0.8, 0.85, 0.88, 0.87];
    return {
      name: "example",
      metrics: [{ name: "accuracy", better: "higher" }],
      validation: true,
      steps: at.length,
      epochs,
      stepsPerEpoch,
      live: false,
      last: { step: at.length, epoch: epochs, trainLoss: 0.13, validLoss: 0.58, metrics: { accuracy: 0.87 } },
      best: { epoch: 5, step: 20, loss: 0.55 },
      binSize: 1,
      train: { step: at, loss, low: loss, high: loss, lr: at.map((step) => Number((0.003 / step).toFixed(6))) },
      epochRows: {
        step: validLoss.map((_, i) => (i + 1) * stepsPerEpoch),
        epoch: validLoss.map((_, i) => i + 1),
        trainLoss: [1.8, 1.0, 0.7, 0.4, 0.3, 0.2],
        validLoss,
        train0: [0.45, 0.72, 0.82, 0.9, 0.94, 0.97],
        valid0,
        train1: missing,
        valid1: missing,
        train2: missing,
        valid2: missing,
      },
    };
  },
});

/** Rates span many magnitudes and their axis is narrow. */
const SHORT = "datum.value == 0 || datum.value >= 0.01 ? format(datum.value, '~g') : format(datum.value, '.2~e')";

/** One row, or none. */
export function bestColumns(best: Best | null): Record<keyof Best, number[]> {
  return best === null
    ? { epoch: [], step: [], loss: [] }
    : { epoch: [best.epoch], step: [best.step], loss: [best.loss] };
}

/** What the renderer needs to smooth, to change to a log axis and to read values off the curves. */
function hints({ metrics, validation, steps }: CurveState): ChartHints {
  const value = (dataset: string, field: string, label: string, series: string | null) =>
    ({ dataset, field, label, series }) as const;
  return {
    x: { field: "step", label: "step", end: { param: END, planned: steps } },
    log: ["loss"],
    smooth: { dataset: "train", field: "loss", as: "smoothed", weight: SMOOTHING },
    values: [
      value("epochs", "epoch", "epoch", null),
      value("train", "loss", "train loss", "train"),
      ...(validation ? [value("epochs", "validLoss", "validation loss", "validation")] : []),
      ...metrics
        .slice(0, MAX_METRICS)
        .flatMap((metric, i) => [
          value("epochs", `train${i}`, `train ${metric.name}`, "train"),
          ...(validation ? [value("epochs", `valid${i}`, `validation ${metric.name}`, "validation")] : []),
        ]),
      value("train", "lr", "learning rate", null),
    ],
  };
}

function lossPanel(state: CurveState): Spec {
  const loss = (field: string, extra: Spec = {}) => y(field, { scale: { type: "linear", zero: false }, ...extra });
  const train = { data: { name: "train" } };
  return panel("loss", "loss", 220, state, false, [
    { ...train, mark: { type: "area", opacity: 0.18 }, encoding: { ...loss("low"), y2: { field: "high" }, ...TRAIN } },
    { ...train, mark: { type: "line", strokeWidth: 1, opacity: 0.35 }, encoding: { ...loss("loss"), ...TRAIN } },
    { ...train, mark: { type: "line", strokeWidth: 2 }, encoding: { ...loss("smoothed"), ...TRAIN } },
    ...(state.validation
      ? [
          { data: { name: "epochs" }, mark: pointed(state), encoding: { ...loss("validLoss"), ...VALIDATION } },
          {
            data: { name: "best" },
            mark: { type: "rule", strokeDash: [2, 3], opacity: 0.7 },
            encoding: VALIDATION,
          },
          {
            data: { name: "best" },
            mark: { type: "point", filled: false, size: 110, strokeWidth: 2 },
            encoding: { ...loss("loss"), ...VALIDATION },
          },
          {
            data: { name: "best" },
            // beside the rule, on the side that has room
            mark: {
              type: "text",
              baseline: "top",
              align: { expr: `datum.step > ${END} / 2 ? 'right' : 'left'` },
              dx: { expr: `datum.step > ${END} / 2 ? -6 : 6` },
              text: { expr: "'lowest: ' + format(datum.loss, '.3~r') + ', epoch ' + datum.epoch" },
            },
            encoding: { y: { value: 2 } },
          },
        ]
      : []),
  ]);
}

function metricPanel(state: CurveState, name: string, index: number): Spec {
  const data = { name: "epochs" };
  const metric = (field: string) => y(field, { scale: { type: "linear", zero: false } });
  return panel(`metric${index}`, name, 110, state, false, [
    { data, mark: { type: "line", strokeWidth: 1.5 }, encoding: { ...metric(`train${index}`), ...TRAIN } },
    ...(state.validation
      ? [{ data, mark: pointed(state), encoding: { ...metric(`valid${index}`), ...VALIDATION } }]
      : []),
  ]);
}

function lrPanel(state: CurveState): Spec {
  const lr = y("lr", { scale: { type: "linear", zero: true }, axis: { tickCount: 3, labelExpr: SHORT } });
  return panel("lr", "learning rate", 56, state, true, [
    { data: { name: "train" }, mark: { type: "line", strokeWidth: 1.5 }, encoding: lr },
  ]);
}

function panel(name: string, title: string, height: number, state: CurveState, bottom: boolean, layer: Spec[]): Spec {
  const { steps, stepsPerEpoch } = state;
  const step = stepsPerEpoch > 1 ? `step (${stepsPerEpoch.toLocaleString("en-US")} per epoch)` : "step";
  return {
    name,
    title: { text: title, anchor: "start", frame: "group" },
    width: 600,
    height,
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        scale: { domainMin: 0, domainMax: { expr: END }, nice: false },
        axis: bottom
          ? {
              title: step,
              labelExpr: steps < 10_000 ? "format(datum.value, ',')" : "format(datum.value, '~s')",
              tickMinStep: 1,
              tickCount: { expr: "ceil(width / 80)" },
            }
          : { title: null, labels: false, ticks: false, tickCount: { expr: "ceil(width / 80)" } },
      },
    },
    layer,
  };
}

function y(field: string, { axis, ...rest }: { scale?: Spec; axis?: Spec } = {}): Record<"y", Spec> {
  return { y: { field, type: "quantitative", title: null, axis: { tickCount: 4, ...axis }, ...rest } };
}

function pointed({ epochs }: CurveState): Spec {
  return {
    type: "line",
    strokeWidth: 2,
    point: epochs > 0 && epochs <= MAX_POINTS ? { size: 28, filled: true } : false,
  };
}

const series = (datum: string) => ({
  color: {
    datum,
    scale: { domain: ["train", "validation"], range: "category" },
    legend: { title: null, orient: "top", symbolOpacity: 1 },
  },
});
const TRAIN = series("train");
const VALIDATION = series("validation");
