import type { ControlMark } from "../controlMarks.ts";

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

/** Metrics beyond these are in the history and the log, not in the chart. */
export const MAX_METRICS = 3;

/** Name of the parameter at which the horizontal axes end. */
export const END = "end";
/** Name of the parameter that says what the panels show: figures, or how they change from epoch to epoch. */
export const VIEW = "shown";

/** Share of the previous value in the smoothed training loss; the reader has a slider for it. */
const SMOOTHING = 0.8;
/** None where every step sees all examples: there is no noise, and the curve would only lag behind. */
export const smoothing = (stepsPerEpoch: number): number => (stepsPerEpoch === 1 ? 0 : SMOOTHING);
