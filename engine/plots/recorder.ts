import type { Chart, Columns, Controlled, RunHistory } from "../protocol/index.ts";
import { encodeColumns } from "./columns.ts";
import { type ControlMark, controlTable, markOf } from "./controlMarks.ts";
import {
  type Best,
  type BestMetric,
  type CheckpointMark,
  type CurveState,
  MAX_METRICS,
  type TrainField,
} from "./curve/state.ts";
import { bestColumns, bestMetricColumns, checkpointTable, rateMarkTable } from "./curve/tables.ts";
import { learningCurve } from "./learningCurve.ts";
import { MovingMean, windowOf } from "./movingMean.ts";
import { RateMarks } from "./rateMarks.ts";
import { Series } from "./series.ts";

export interface CurveOptions {
  /** Id of the chart, unique in the kernel. */
  id: string;
  /** Id of the run, by which it is changed while it goes on. */
  run?: string | null;
  /** Name of the run, for the text alternative. */
  name: string;
  /** Names of the metrics, in the user's order; the first three get a panel each. */
  metrics: readonly { name: string; better: "higher" | "lower" }[];
  /** Whether a validation set exists. */
  validation: boolean;
  /** Whether averaged weights are validated beside those under way. */
  averaged?: boolean;
  /** Planned optimizer updates and epochs; they fix the horizontal axis while the run is live. */
  steps: number;
  epochs: number;
  stepsPerEpoch: number;
  /** Whether the schedule drives the momentum; then it has a panel. */
  movesMomentum?: boolean;
  /** Whether penalties on weights are added to the loss; then they have a panel. */
  penalized?: boolean;
  /** Largest norm of the gradient that is not clipped; then the share of clipped steps has a panel. */
  clipNorm?: number | undefined;
  /** Rows kept per dataset of the chart. */
  maxRows?: number;
  /** Least time between two emissions. */
  intervalMs?: number;
  /** Clock in milliseconds. */
  now?: () => number;
}

/** Rows for one dataset of the chart: the `rows` event without cell and chart. */
export interface CurveRows {
  dataset: string;
  columns: Columns;
  replace: boolean;
}

export interface EpochRow {
  /** From 1. */
  epoch: number;
  /** Optimizer updates done by then. */
  step: number;
  /** Means over the epoch: `loss` and one entry per metric; what is missing is drawn as a gap. */
  train: Readonly<Record<string, number>>;
  valid?: Readonly<Record<string, number>> | undefined;
  /** As `valid`, of the averaged weights. */
  averaged?: Readonly<Record<string, number>> | undefined;
}

/** Rows of the history that goes to `--json` and the run log: more than the chart needs, still bounded. */
const HISTORY_ROWS = 8192;
/** A figure's change since the epoch before, as a column. */
const changeOf = (figure: string): string => `${figure}Change`;

/** About one per pixel of a notebook. */
const MAX_ROWS = 1200;
const INTERVAL_MS = 100;
/** Changes by hand that are marked: the last ones. */
const MAX_CONTROLS = 100;

/**
 * What a run's learning curve shows, in memory and messages that stay bounded however long the run is. Training rows come in
 * bulk, as the ring is read back; about ten times a second they leave through `emit`. Call `chart(false)` at the end, after it
 * nothing is emitted.
 */
export class CurveRecorder {
  readonly #emit: (rows: CurveRows) => void;
  readonly #parts: readonly ("train" | "valid" | "averaged")[];
  readonly #options: CurveOptions;
  readonly #now: () => number;
  readonly #interval: number;
  readonly #metrics: readonly string[];
  readonly #train: Series<TrainField>;
  /** Columns of the epochs' dataset: the losses, and the metrics that have a panel. */
  readonly #figures: readonly string[];
  readonly #epochs: Series<string>;
  readonly #steps: Series<"step" | "loss" | "lr" | "gradientNorm" | "penalty">;
  readonly #history: Series<string>;
  readonly #sent = new Map<object, { length: number; generation: number }>();
  readonly #marks: RateMarks;
  readonly #clipped: MovingMean;
  #best: Best | null = null;
  #bestSent: number | null = null;
  #bestMetrics: BestMetric[] = [];
  #bestMetricsSent = this.#bestMetrics;
  #marksSent = 0;
  #controls: readonly ControlMark[] = [];
  #controlsSent = this.#controls;
  #checkpoints: readonly CheckpointMark[] = [];
  #checkpointsSent = this.#checkpoints;
  #before: Readonly<Record<string, number>> = {};
  #last = { step: 0, epoch: 0, trainLoss: Number.NaN, validLoss: Number.NaN };
  #lastMetrics: Readonly<Record<string, number>> = {};
  #lastEmit = Number.NEGATIVE_INFINITY;

  constructor(emit: (rows: CurveRows) => void, options: CurveOptions) {
    this.#emit = emit;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#interval = options.intervalMs ?? INTERVAL_MS;
    this.#metrics = options.metrics.map((metric) => metric.name);
    const rows = options.maxRows ?? MAX_ROWS;
    this.#marks = new RateMarks(options.stepsPerEpoch);
    this.#clipped = new MovingMean(windowOf(options.stepsPerEpoch));
    this.#train = new Series(
      {
        step: "last",
        loss: "mean",
        low: "min",
        high: "max",
        lr: "last",
        momentum: "last",
        clipped: "mean",
        penalty: "mean",
      },
      rows,
    );
    const panels = this.#metrics.slice(0, MAX_METRICS);
    this.#parts = options.averaged ? ["train", "valid", "averaged"] : ["train", "valid"];
    this.#figures = ["Loss", ...panels.keys()].flatMap((figure) => this.#parts.map((part) => `${part}${figure}`));
    this.#epochs = new Series(
      {
        step: "last",
        epoch: "last",
        upper: "mean",
        ...Object.fromEntries(this.#figures.flatMap((name) => [name, changeOf(name)]).map((name) => [name, "mean"])),
      },
      rows,
    );
    this.#steps = new Series(
      { step: "last", loss: "mean", lr: "last", gradientNorm: "mean", penalty: "mean" },
      HISTORY_ROWS,
    );
    this.#history = new Series(
      Object.fromEntries([
        ["epoch", "last"],
        ["step", "last"],
        ...["loss", ...this.#metrics].flatMap((name) => this.#parts.map((part) => [`${part} ${name}`, "mean"])),
      ]),
      HISTORY_ROWS,
    );
  }

  /**
   * Rows of consecutive optimizer updates: the step after each (from 1), its batch loss, the rate it used, the gradient's norm, and the
   * momentum when the schedule drives it, and the penalty on weights when there is one.
   */
  addTrain(
    step: ArrayLike<number>,
    loss: ArrayLike<number>,
    lr: ArrayLike<number>,
    gradientNorm: ArrayLike<number> = [],
    momentum: ArrayLike<number> = [],
    penalty: ArrayLike<number> = [],
  ): void {
    const { clipNorm } = this.#options;
    const count = step.length;
    const rows = {
      step,
      loss: finiteOf(loss, count),
      lr: finiteOf(lr, count),
      gradientNorm: finiteOf(gradientNorm, count),
      penalty: finiteOf(penalty, count),
    };
    const clipped = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const norm = rows.gradientNorm[i] as number;
      if (clipNorm !== undefined && !Number.isNaN(norm)) this.#clipped.push(Number(norm > clipNorm));
      clipped[i] = this.#clipped.mean;
      const value = rows.loss[i] as number;
      this.#marks.push(step[i] as number, value, rows.lr[i] as number);
      this.#last.step = step[i] as number;
      if (!Number.isNaN(value)) this.#last.trainLoss = value;
    }
    const train = { ...rows, low: rows.loss, high: rows.loss, momentum: finiteOf(momentum, count), clipped };
    this.#train.append(train, count);
    this.#steps.append(rows, count);
    if (this.#now() - this.#lastEmit >= this.#interval) this.flush();
  }

  /** A fall of the rate after `step` updates that a figure caused: it is marked, however small it is. */
  addDrop(drop: { step: number; monitor: string; value: number; best: number }): void {
    this.#marks.expect(drop);
  }

  /** What was changed by hand. */
  addControl(control: Controlled): void {
    const { do: what } = control.change;
    if (what === "set-lr" || what === "set-schedule" || what === "follow-plan") this.#marks.byHand(control.step);
    this.#controls = [...this.#controls, markOf(control)].slice(-MAX_CONTROLS);
    this.flush();
  }

  /** A file that can be gone back to takes the place of an earlier one of that name; null: it is no more. */
  addCheckpoint(file: string, step: number | null): void {
    const others = this.#checkpoints.filter((kept) => kept.file !== file);
    this.#checkpoints = step === null ? others : [...others, { file, step }].sort((a, b) => a.step - b.step);
  }

  /** One epoch's means. Emitted at once when the interval allows, else with the next rows. */
  addEpoch({ epoch, step, train, valid = {}, averaged = {} }: EpochRow): void {
    const [trainLoss, validLoss] = [finite(train.loss), finite(valid.loss)];
    const figures: Record<string, number> = {};
    const history: Record<string, number> = { epoch, step };
    for (const part of this.#parts) {
      const own = { train, valid, averaged }[part];
      figures[`${part}Loss`] = finite(own.loss);
      for (const [i, name] of this.#metrics.slice(0, MAX_METRICS).entries()) figures[`${part}${i}`] = finite(own[name]);
      for (const name of ["loss", ...this.#metrics]) history[`${part} ${name}`] = finite(own[name]);
    }
    const row: Record<string, number> = { ...figures, step, epoch, upper: Math.max(trainLoss, validLoss) };
    for (const name of this.#figures) {
      row[changeOf(name)] = (figures[name] as number) - (this.#before[name] ?? Number.NaN);
    }
    this.#before = figures;
    this.#epochs.push(row);
    this.#history.push(history);
    this.#last = { ...this.#last, step: Math.max(step, this.#last.step), epoch, validLoss };
    if (!Number.isNaN(trainLoss)) this.#last.trainLoss = trainLoss;
    this.#lastMetrics = this.#options.validation ? valid : train;
    if (validLoss < (this.#best?.loss ?? Number.POSITIVE_INFINITY)) this.#best = { epoch, step, loss: validLoss };
    this.#watchMetrics(epoch, step, valid);
    if (this.#now() - this.#lastEmit >= this.#interval) this.flush();
  }

  #watchMetrics(epoch: number, step: number, valid: Readonly<Record<string, number>>): void {
    for (const [metric, { name, better }] of this.#options.metrics.slice(0, MAX_METRICS).entries()) {
      const value = finite(valid[name]);
      const old = this.#bestMetrics.find((b) => b.metric === metric);
      if (Number.isNaN(value) || (old && (better === "higher" ? value <= old.value : value >= old.value))) continue;
      this.#bestMetrics = [...this.#bestMetrics.filter((b) => b !== old), { metric, epoch, step, value }].sort(
        (a, b) => a.metric - b.metric,
      );
    }
  }

  /** Emits what waits, whatever the clock says. */
  flush(): void {
    this.#lastEmit = this.#now();
    this.#send("train", this.#train);
    this.#send("epochs", this.#epochs);
    if (this.#best !== null && this.#best.epoch !== this.#bestSent) {
      this.#bestSent = this.#best.epoch;
      this.#emit({ dataset: "best", columns: encodeColumns(bestColumns(this.#best)), replace: true });
    }
    if (this.#bestMetrics !== this.#bestMetricsSent) {
      this.#bestMetricsSent = this.#bestMetrics;
      const columns = encodeColumns(bestMetricColumns(this.#bestMetrics));
      this.#emit({ dataset: "bestMetrics", columns, replace: true });
    }
    if (this.#controls !== this.#controlsSent) {
      this.#controlsSent = this.#controls;
      const columns = controlTable(this.#controls, this.#options.steps);
      this.#emit({ dataset: "controls", columns, replace: true });
    }
    if (this.#checkpoints !== this.#checkpointsSent) {
      this.#checkpointsSent = this.#checkpoints;
      this.#emit({ dataset: "checkpoints", columns: checkpointTable(this.#checkpoints), replace: true });
    }
    const { marks } = this.#marks;
    // what the loss came to after the last one goes on changing
    if (marks.length > 0 && this.#last.step !== this.#marksSent) {
      this.#marksSent = this.#last.step;
      this.#emit({ dataset: "rateMarks", columns: rateMarkTable(marks, this.#options.steps), replace: true });
    }
  }

  /**
   * The whole chart so far. A live one has the planned steps on its axis; the last one (`live` false) the steps that were
   * done, and takes the rows that wait for their bin.
   */
  chart(live: boolean): Chart {
    if (!live) {
      for (const series of [this.#train, this.#epochs, this.#steps, this.#history]) series.finish();
    }
    const { id, name, metrics, validation, steps, epochs, stepsPerEpoch } = this.#options;
    const state: CurveState = {
      name,
      metrics,
      validation,
      averaged: this.#options.averaged === true,
      stepsPerEpoch,
      steps: live ? steps : Math.max(1, this.#last.step),
      epochs: live ? epochs : this.#last.epoch,
      live,
      last: { ...this.#last, metrics: this.#lastMetrics },
      best: this.#best,
      bestMetrics: this.#bestMetrics,
      rateMarks: this.#marks.marks,
      controls: this.#controls,
      checkpoints: this.#checkpoints,
      run: this.#options.run ?? null,
      moving: {
        penalty: this.#options.penalized === true,
        momentum: this.#options.movesMomentum === true,
        clipped: this.#options.clipNorm !== undefined,
      },
      binSize: this.#train.binSize,
      train: this.#train.rows(),
      epochRows: this.#epochs.rows() as CurveState["epochRows"],
    };
    const { length } = this.#train;
    this.#sent.set(this.#train, { length, generation: this.#train.generation });
    this.#sent.set(this.#epochs, { length: this.#epochs.length, generation: this.#epochs.generation });
    this.#bestSent = this.#best?.epoch ?? null;
    this.#bestMetricsSent = this.#bestMetrics;
    this.#marksSent = this.#last.step;
    this.#controlsSent = this.#controls;
    this.#checkpointsSent = this.#checkpoints;
    return learningCurve.chart(id, state, live);
  }

  /** What `RunSummary` carries: per step, thinned to at most 8192 rows, and per epoch. */
  history(): RunHistory {
    const steps = this.#steps.rows();
    const epochs = this.#history.rows();
    const named = (prefix: string) =>
      Object.fromEntries(
        ["loss", ...this.#metrics]
          .map((name) => [name, Array.from(epochs[`${prefix} ${name}`] ?? [])] as const)
          .filter(([, values]) => values.some((value) => !Number.isNaN(value))),
      );
    return {
      step: Array.from(steps.step),
      trainLoss: Array.from(steps.loss),
      lr: Array.from(steps.lr),
      gradientNorm: Array.from(steps.gradientNorm),
      ...(this.#options.penalized ? { penalty: Array.from(steps.penalty) } : {}),
      epoch: Array.from(epochs.epoch ?? []),
      epochStep: Array.from(epochs.step ?? []),
      valid: named("valid"),
      train: named("train"),
      ...(this.#options.averaged && { averaged: named("averaged") }),
      thinned: this.#steps.binSize > 1 || this.#history.binSize > 1,
    };
  }

  #send(dataset: string, series: Series<string>): void {
    const sent = this.#sent.get(series) ?? { length: 0, generation: series.generation };
    const replace = sent.generation !== series.generation;
    const rows = series.rows(replace ? 0 : sent.length);
    if (!replace && series.length === sent.length) return;
    this.#sent.set(series, { length: series.length, generation: series.generation });
    this.#emit({ dataset, columns: encodeColumns(rows), replace });
  }
}

function finiteOf(values: ArrayLike<number>, count: number): Float64Array {
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = finite(values[i]);
  return out;
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : Number.NaN;
}
