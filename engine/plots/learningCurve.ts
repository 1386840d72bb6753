import type { ChartHints, Columns } from "../protocol/index.ts";
import { axisEnd } from "./axisEnd.ts";
import { encodeColumns } from "./columns.ts";
import { type ControlMark, controlLayers, controlTable } from "./controlMarks.ts";
import { ema } from "./ema.ts";
import { count, significant } from "./format.ts";
import { definePlot, type Spec } from "./plot.ts";

/** Metrics beyond these are in the history and the log, not in the chart. */
export const MAX_METRICS = 3;

type Figure = `${"train" | "valid" | "averaged"}${"Loss" | 0 | 1 | 2}`;
/** Figures of epochs, how much each changed since the epoch before, and the higher of the two losses. */
export type EpochField = "step" | "epoch" | "upper" | Figure | `${Figure}Change`;
export type TrainField = "step" | "loss" | "low" | "high" | "lr" | "momentum" | "clipped" | "penalty";

export interface Best {
  epoch: number;
  step: number;
  loss: number;
}

/** The best value of a metric. */
export interface BestMetric {
  /** Which, from 0. */
  metric: number;
  epoch: number;
  step: number;
  value: number;
}

/** A step at which the rate fell at once, or a schedule began anew, and what the loss was at the end of the stretches around it. */
export interface RateMark {
  step: number;
  from: number;
  to: number;
  /** Mean training loss just before it, and at the end of what follows (so far). */
  before: number;
  after: number;
  cause?: RateCause;
}

/** The figure that made a rate fall, being no better than `best` for too long. */
export interface RateCause {
  monitor: string;
  value: number;
  best: number;
}

/** A file that the run can be gone back to. */
export interface CheckpointMark {
  /** Its path in the notebook's run folder, with forward slashes. */
  file: string;
  /** Updates done by then. */
  step: number;
}

/** What moves beside the rate. */
export interface Moving {
  /** Penalties on weights are added to the loss. */
  penalty: boolean;
  /** The schedule drives the momentum, or Adam's first beta. */
  momentum: boolean;
  /** Gradients are clipped by their norm. */
  clipped: boolean;
}

/** A run as the curve sees it. Columns are numbers with NaN for "missing". */
export interface CurveState {
  name: string;
  metrics: readonly { name: string; better: "higher" | "lower" }[];
  validation: boolean;
  /** Whether averaged weights are validated beside those under way. */
  averaged: boolean;
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
  bestMetrics: readonly BestMetric[];
  rateMarks: readonly RateMark[];
  /** What was changed by hand. */
  controls: readonly ControlMark[];
  /** What can be gone back to, in the order of the steps. */
  checkpoints: readonly CheckpointMark[];
  /** Id of the run, by which it is changed while it goes on. */
  run: string | null;
  moving: Moving;
  /** Steps per training row. */
  binSize: number;
  train: Readonly<Record<TrainField, ArrayLike<number>>>;
  /** Metrics that have no panel have no columns. */
  epochRows: Readonly<Partial<Record<EpochField, ArrayLike<number>>>>;
}

/** Share of the previous value in the smoothed training loss; the reader has a slider for it. */
const SMOOTHING = 0.8;
/** None where every step sees all examples: there is no noise, and the curve would only lag behind. */
const smoothing = (stepsPerEpoch: number): number => (stepsPerEpoch === 1 ? 0 : SMOOTHING);
/** Name of the parameter at which the horizontal axes end. */
const END = "end";
const LOSS_HEIGHT = 220;
/** Changes by hand that the text alternative tells of: the last ones. */
const MOST_SENTENCES = 10;
/** Above this many epochs the points would touch. */
const MAX_POINTS = 60;
/** Name of the parameter that says what the panels show: figures, or how they change from epoch to epoch. */
const VIEW = "shown";
const VALUES = `${VIEW} === 'value'`;
const CHANGES = `${VIEW} === 'change'`;
/** A validation loss this much above its lowest is a network that memorizes. */
const MEMORIZES = 1.1;

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
    const above = last.validLoss - last.trainLoss;
    const gap = last.validLoss > MEMORIZES * best.loss && above > 0 ? `, ${significant(above)} above training` : "";
    return `${found}, lowest (${significant(best.loss)}) at epoch ${best.epoch}${gap}`;
  },

  text: ({
    name,
    live,
    last,
    best,
    bestMetrics,
    rateMarks,
    controls,
    train,
    epochRows,
    metrics,
    validation,
    epochs,
    steps,
  }) => {
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
      if (!Number.isNaN(last.trainLoss)) {
        sentences.push(`gap to the training loss ${significant(last.validLoss - last.trainLoss)}`);
      }
      const averages = epochRows.averagedLoss;
      const average = averages?.[averages.length - 1] ?? Number.NaN;
      if (!Number.isNaN(average)) sentences.push(`with averaged weights (dashed) ${significant(average)}`);
    }
    for (const [i, { name: metric, better }] of metrics.entries()) {
      const value = last.metrics[metric];
      const most = bestMetrics.find((b) => b.metric === i);
      const word = better === "higher" ? "highest" : "lowest";
      const at = most && most.epoch !== last.epoch ? `, ${word} ${significant(most.value)} at epoch ${most.epoch}` : "";
      if (value !== undefined)
        sentences.push(`${validation ? "validation" : "training"} ${metric} ${significant(value)}${at}`);
    }
    const [most] = bestMetrics;
    if (best && most && most.metric === 0 && most.epoch > best.epoch && last.validLoss > MEMORIZES * best.loss) {
      const { name: metric } = metrics[0] as { name: string };
      sentences.push(
        `the validation loss rises from epoch ${best.epoch} on while ${metric} still improves to epoch ${most.epoch}`,
      );
    }
    for (const { step, from, to, before, after, cause } of rateMarks) {
      const what = to < from ? "falls" : "begins anew";
      const why = cause ? ` because ${causeOf(cause)}` : "";
      sentences.push(
        `the rate ${what} at step ${step.toLocaleString("en-US")}, ${significant(from)} to ${significant(to)}${why}: training loss ${significant(before)}, then ${significant(after)}`,
      );
    }
    for (const { step, about } of controls.slice(-MOST_SENTENCES)) {
      sentences.push(`at step ${step.toLocaleString("en-US")} ${about}`);
    }
    return sentences.join("; ");
  },

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

/** Rates span many magnitudes and their axis is narrow. */
const SHORT = "datum.value == 0 || datum.value >= 0.01 ? format(datum.value, '~g') : format(datum.value, '.2~e')";

/** One row, or none. */
export function bestColumns(best: Best | null): Record<keyof Best, number[]> {
  return best === null
    ? { epoch: [], step: [], loss: [] }
    : { epoch: [best.epoch], step: [best.step], loss: [best.loss] };
}

export const bestMetricColumns = (bests: readonly BestMetric[]): Record<keyof BestMetric, number[]> => ({
  metric: bests.map((b) => b.metric),
  epoch: bests.map((b) => b.epoch),
  step: bests.map((b) => b.step),
  value: bests.map((b) => b.value),
});

/** What a click on the curve can go back to. */
export const checkpointTable = (checkpoints: readonly CheckpointMark[]): Columns => ({
  file: { text: checkpoints.map(({ file }) => file) },
  label: { text: checkpoints.map(({ step }) => `step ${step.toLocaleString("en-US")}`) },
  ...encodeColumns({ step: checkpoints.map(({ step }) => step) }),
});

/** Shares of the planned steps that a label needs to its right: the whole one, and the short one. */
const [LONG_LABEL, SHORT_LABEL] = [0.3, 0.1];

const causeOf = ({ monitor, value, best }: RateCause): string =>
  `${monitor} ${significant(value)} is no better than ${significant(best)}`;

/** Marks with what is written beside them, as far as the next mark leaves room. */
export function rateMarkTable(marks: readonly RateMark[], steps: number): Columns {
  const label = marks.map(({ step, from, to, before, after, cause }, i) => {
    const room = ((marks[i + 1]?.step ?? steps) - step) / steps;
    if (room < SHORT_LABEL) return "";
    // a cosine falls through what would stand beside a restart
    if (to > from) return "restart";
    const fell = `× ${significant(to / from)}${cause ? ` at ${cause.monitor} ${significant(cause.value)}` : ""}`;
    return room >= LONG_LABEL ? `${fell}: loss ${significant(before)} → ${significant(after)}` : fell;
  });
  return {
    label: { text: label },
    cause: { text: marks.map(({ cause }) => (cause ? causeOf(cause) : "")) },
    ...encodeColumns({
      step: marks.map((m) => m.step),
      from: marks.map((m) => m.from),
      to: marks.map((m) => m.to),
      before: marks.map((m) => m.before),
      after: marks.map((m) => m.after),
    }),
  };
}

/** What the renderer needs to smooth, to change to a log axis and to read values off the curves. */
function hints({ metrics, validation, averaged, steps, stepsPerEpoch, epochs, moving, run }: CurveState): ChartHints {
  const value = (dataset: string, field: string, label: string, series: string | null) =>
    ({ dataset, field, label, series }) as const;
  return {
    x: { field: "step", label: "step", end: { param: END, planned: steps } },
    log: ["loss"],
    smooth: { dataset: "train", field: "loss", as: "smoothed", weight: smoothing(stepsPerEpoch) },
    values: [
      value("epochs", "epoch", "epoch", null),
      value("train", "loss", "train loss", "train"),
      ...(validation ? [value("epochs", "validLoss", "validation loss", "validation")] : []),
      ...(averaged ? [value("epochs", "averagedLoss", "averaged weights, loss", "averaged weights")] : []),
      ...metrics
        .slice(0, MAX_METRICS)
        .flatMap((metric, i) => [
          value("epochs", `train${i}`, `train ${metric.name}`, "train"),
          ...(validation ? [value("epochs", `valid${i}`, `validation ${metric.name}`, "validation")] : []),
          ...(averaged
            ? [value("epochs", `averaged${i}`, `averaged weights, ${metric.name}`, "averaged weights")]
            : []),
        ]),
      ...(moving.penalty ? [value("train", "penalty", "penalty", null)] : []),
      ...(moving.momentum ? [value("train", "momentum", "momentum", null)] : []),
      ...(moving.clipped ? [value("train", "clipped", "clipped", null)] : []),
      value("train", "lr", "learning rate", null),
    ],
    ...(run === null ? {} : { run }),
    pick: { kind: "checkpoint", dataset: "checkpoints", field: "step", file: "file", label: "label" },
    // the change of one epoch is none
    ...(epochs < 2
      ? {}
      : {
          choose: [
            {
              param: VIEW,
              label: "show",
              choices: [
                { label: "values", value: "value" },
                { label: "Δ per epoch", value: "change" },
              ],
            },
          ],
        }),
  };
}

/** A layer that one of the two views alone has. */
const seen = (view: string, layer: Spec): Spec => ({ transform: [{ filter: view }], ...layer });

function lossPanel(state: CurveState): Spec {
  const loss = (field: string, extra: Spec = {}) => y(field, { scale: { type: "linear", zero: false }, ...extra });
  const train = { data: { name: "train" } };
  const epochs = { data: { name: "epochs" } };
  const values: Spec[] = [
    { ...train, mark: { type: "area", opacity: 0.18 }, encoding: { ...loss("low"), y2: { field: "high" }, ...TRAIN } },
    { ...train, mark: { type: "line", strokeWidth: 1, opacity: 0.35 }, encoding: { ...loss("loss"), ...TRAIN } },
    { ...train, mark: { type: "line", strokeWidth: 2 }, encoding: { ...loss("smoothed"), ...TRAIN } },
    ...(state.validation
      ? [
          // the gap: how far validation lies above training
          {
            ...epochs,
            mark: { type: "area", opacity: 0.12 },
            encoding: { ...loss("trainLoss"), y2: { field: "upper" }, ...VALIDATION },
          },
          { ...epochs, mark: pointed(state), encoding: { ...loss("validLoss"), ...VALIDATION } },
          ...(state.averaged ? [{ ...epochs, mark: DASHED, encoding: { ...loss("averagedLoss"), ...AVERAGED } }] : []),
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
            mark: beside("'lowest: ' + format(datum.loss, '.3~r') + ', epoch ' + datum.epoch"),
            encoding: { y: { value: 2 } },
          },
        ]
      : []),
  ];
  return panel("losses", "loss", LOSS_HEIGHT, state, false, [
    { name: "loss", layer: values.map((layer) => seen(VALUES, layer)) },
    ...changed(state, "Loss"),
    ...rateRules(),
    ...controlLayers(END, LOSS_HEIGHT),
  ]);
}

/** Text beside a rule, on the side that has room. */
const beside = (text: string): Spec => ({
  type: "text",
  baseline: "top",
  align: { expr: `datum.step > ${END} / 2 ? 'right' : 'left'` },
  dx: { expr: `datum.step > ${END} / 2 ? -6 : 6` },
  text: { expr: text },
});

/** How much a figure of the epochs changed since the epoch before. */
function changed(state: CurveState, figure: "Loss" | 0 | 1 | 2): Spec[] {
  const data = { name: "epochs" };
  // the axis and its scale, which may be logarithmic, are those of the values
  const change = (part: "train" | "valid") => ({
    y: { field: `${part}${figure}Change`, type: "quantitative", title: null },
  });
  const layers: Spec[] = [
    { data, mark: { type: "line", strokeWidth: 1.5 }, encoding: { ...change("train"), ...TRAIN } },
    ...(state.validation ? [{ data, mark: pointed(state), encoding: { ...change("valid"), ...VALIDATION } }] : []),
  ];
  return layers.map((layer) => seen(CHANGES, layer));
}

/** Where the rate fell at once or a schedule began anew. */
function rateRules(): Spec[] {
  const data = { name: "rateMarks" };
  const number = (field: string, title: string) => ({ field, type: "quantitative", title, format: ".3~g" });
  const tooltip = [
    { field: "step", type: "quantitative", title: "step", format: "," },
    number("from", "rate before"),
    number("to", "rate after"),
    number("before", "training loss before"),
    number("after", "training loss at the end of what follows"),
    { field: "cause", type: "nominal", title: "because" },
  ];
  return [{ data, mark: { type: "rule", strokeWidth: 1, opacity: 0.55, strokeDash: [6, 3] }, encoding: { tooltip } }];
}

function metricPanel(state: CurveState, { name, better }: CurveState["metrics"][number], index: number): Spec {
  const data = { name: "epochs" };
  const metric = (field: string) => y(field, { scale: { type: "linear", zero: false } });
  const best = { data: { name: "bestMetrics" } };
  const own = { filter: `${VALUES} && datum.metric === ${index}` };
  return panel(`metric${index}`, name, 110, state, false, [
    seen(VALUES, {
      data,
      mark: { type: "line", strokeWidth: 1.5 },
      encoding: { ...metric(`train${index}`), ...TRAIN },
    }),
    ...(state.validation
      ? [
          seen(VALUES, { data, mark: pointed(state), encoding: { ...metric(`valid${index}`), ...VALIDATION } }),
          ...(state.averaged
            ? [seen(VALUES, { data, mark: DASHED, encoding: { ...metric(`averaged${index}`), ...AVERAGED } })]
            : []),
          {
            ...best,
            transform: [own],
            mark: { type: "rule", strokeDash: [2, 3], opacity: 0.7 },
            encoding: VALIDATION,
          },
          {
            ...best,
            transform: [own],
            mark: { type: "point", filled: false, size: 110, strokeWidth: 2 },
            encoding: { ...metric("value"), ...VALIDATION },
          },
          {
            ...best,
            transform: [own],
            mark: beside(
              `'${better === "higher" ? "highest" : "lowest"}: ' + format(datum.value, '.3~r') + ', epoch ' + datum.epoch`,
            ),
            // at the end of the panel where the curve is not
            encoding: { y: { value: better === "higher" ? 96 : 2 } },
          },
        ]
      : []),
    ...changed(state, index as 0 | 1 | 2),
  ]);
}

/** Something that moves beside the rate, step by step. */
function movingPanel(state: CurveState, field: "penalty" | "momentum" | "clipped", title: string): Spec {
  const scale = field === "clipped" ? { type: "linear", domain: [0, 1] } : { type: "linear", zero: false };
  const axis = field === "clipped" ? { tickCount: 2, format: "%" } : { tickCount: 3 };
  return panel(field, title, 44, state, false, [
    { data: { name: "train" }, mark: { type: "line", strokeWidth: 1.5 }, encoding: y(field, { scale, axis }) },
  ]);
}

function lrPanel(state: CurveState): Spec {
  const lr = y("lr", { scale: { type: "linear", zero: true }, axis: { tickCount: 3, labelExpr: SHORT } });
  return panel("lr", "learning rate", 56, state, true, [
    { data: { name: "train" }, mark: { type: "line", strokeWidth: 1.5 }, encoding: lr },
    {
      data: { name: "rateMarks" },
      // where the line is not: above a rate that fell, below one that rose
      mark: { type: "text", align: "left", baseline: "middle", dx: 5 },
      encoding: {
        y: { value: { expr: "datum.to < datum.from ? 10 : 46" } },
        text: { field: "label", type: "nominal" },
      },
    },
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
  return {
    y: { field, type: "quantitative", title: null, axis: { tickCount: 4, labelExpr: LARGE, ...axis }, ...rest },
  };
}

function pointed({ epochs }: CurveState): Spec {
  return {
    type: "line",
    strokeWidth: 2,
    point: epochs > 0 && epochs <= MAX_POINTS ? { size: 28, filled: true } : false,
  };
}

const DASHED = { type: "line", strokeWidth: 2, strokeDash: [7, 4] };

const series = (datum: string, domain: readonly string[] = ["train", "validation"]) => ({
  color: {
    datum,
    scale: { domain, range: "category" },
    legend: { title: null, orient: "top", symbolOpacity: 1 },
  },
});
const TRAIN = series("train");
const VALIDATION = series("validation");
/** Averaged weights, dashed: their legend stands beside the others' only where there are any. */
const AVERAGED = series("averaged weights", ["train", "validation", "averaged weights"]);

/** Numbers as the axis writes them, but for those that its room would cut: 100k. */
const LARGE = "abs(datum.value) >= 1e5 ? format(datum.value, '~s') : datum.label";
