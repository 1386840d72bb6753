import { hostname } from "node:os";
import { basename, join, sep } from "node:path";
import type { Backend } from "../backends/backend.ts";
import type { RunContext } from "../context/index.ts";
import { betterOf, nameOf } from "../metrics/index.ts";
import { isFullBatch } from "../optim/index.ts";
import { CurveRecorder } from "../plots/index.ts";
import {
  CHART_MIME,
  type Controlled,
  RUN_LOG_VERSION,
  type RunCurve,
  type RunExtent,
  type RunHistory,
  type RunLogGroup,
  type RunLogStart,
  type RunStatus,
} from "../protocol/index.ts";
import type { Drop } from "../schedules/index.ts";
import { sizeOf } from "../tensor/index.ts";
import type { Experiment } from "./experiment.ts";
import type { Column } from "./instruments/looks.ts";
import { parametersByLayer, type Watched } from "./instruments/watched.ts";
import type { RunRecord } from "./run.ts";
import { RunLog } from "./runLog.ts";

const PROGRESS_MS = 200;
/** Steps per second are those of the last so many milliseconds. */
const RATE_MS = 3000;

/** Where a run stands, for those who watch. */
export interface Standing {
  readonly step: number;
  readonly trainLoss: number;
  readonly lr: number;
  /** Figures of the last epoch: `validLoss`, `validAccuracy` ... */
  readonly figures: Readonly<Record<string, number>>;
  readonly paused: boolean;
  /** Whether it is to end after the epoch under way. */
  readonly stopping: boolean;
}

/** Tells the log first and then the client what a run does: its curve, its progress, its end. */
export class Telling {
  readonly id: string;
  readonly name: string;
  readonly #experiment: Experiment;
  readonly #backend: Backend;
  readonly #context: RunContext;
  readonly #extent: RunExtent;
  readonly #log: RunLog;
  readonly #recorder: CurveRecorder;
  readonly #chart: string;
  readonly #curve: RunCurve;
  readonly #rates: { at: number; step: number }[] = [];
  #lastProgress = 0;
  /** Whether there is a chart to be brought to its end. */
  #shown = false;

  /** `movesMomentum`: the schedule drives it. */
  constructor(
    experiment: Experiment,
    backend: Backend,
    name: string,
    context: RunContext,
    extent: RunExtent,
    movesMomentum = false,
  ) {
    this.#experiment = experiment;
    this.#backend = backend;
    this.#context = context;
    this.#extent = extent;
    this.id = context.freshId("run");
    this.name = name;
    this.#log = new RunLog(context.runFolder === null ? null : join(context.runFolder, "runs"));
    this.#chart = context.freshId("chart");
    const { clip } = experiment.config;
    this.#curve = {
      metrics: experiment.options.metrics.map((m) => ({ name: nameOf(m), better: betterOf(m) })),
      validation: experiment.splits.valid !== undefined,
      averaged: experiment.options.average !== null && experiment.splits.valid !== undefined,
      movesMomentum,
      penalized:
        !isFullBatch(experiment.config.optimizer) &&
        experiment.config.regularize.some(({ definition }) => definition.penalty !== undefined),
      clipNorm: clip.normType === undefined || clip.normType === 2 ? clip.norm : undefined,
    };
    this.#recorder = new CurveRecorder((rows) => context.emit({ event: "rows", chart: this.#chart, ...rows }), {
      id: this.#chart,
      run: this.id,
      name,
      ...this.#curve,
      ...extent,
    });
  }

  get folder(): string | null {
    return this.#log.folder;
  }

  /** Throws StorageError when the run's folder was moved or deleted, or its folder `part` was. */
  verify(part: string): void {
    this.#log.verify(part);
  }

  /** `plan`: how it is to train; `group`: beside which others. */
  start(
    step: number,
    plan: Omit<RunLogStart["fit"], keyof RunExtent | "resumedAt">,
    group: RunLogGroup | undefined = undefined,
  ): void {
    const { name: backend, adapter } = this.#backend;
    const { declaration } = this.#experiment.config.model;
    this.#log.write({
      event: "start",
      version: RUN_LOG_VERSION,
      run: this.id,
      name: this.name,
      time: new Date().toISOString(),
      process: { pid: process.pid, host: hostname() },
      versions: { ...(this.#context.version ? { dlnb: this.#context.version } : {}), node: process.version },
      backend,
      adapter,
      cell: this.#context.cell,
      textHash: this.#context.textHash ?? null,
      experiment: this.#context.nameOf?.(this.#experiment) ?? null,
      ...(group ? { group } : {}),
      parameters: declaration.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      layers: declaration.layers.map(({ path, type, outputShape }) => ({ path, type, outputShape })),
      data: this.#experiment.splits.train.name,
      config: this.#experiment.describe(),
      fit: { ...this.#extent, ...plan, resumedAt: step },
      curve: this.#curve,
    });
    this.#rates.push({ at: performance.now(), step });
    this.#show(true);
  }

  /** Steps from `from` (counted from 1) on. */
  steps(
    from: number,
    loss: readonly number[],
    lr: readonly number[],
    gradientNorm: readonly number[],
    momentum: readonly number[],
    penalty: readonly number[] = [],
  ): void {
    this.#log.write({
      event: "steps",
      from,
      loss,
      lr,
      gradientNorm,
      ...(momentum.length ? { momentum } : {}),
      ...(penalty.length ? { penalty } : {}),
    });
    this.#experiment.onSteps?.({ from, loss, gradientNorm });
    const step = loss.map((_, i) => from + i);
    this.#recorder.addTrain(step, loss, lr, gradientNorm, momentum, penalty);
  }

  epoch(
    epoch: number,
    step: number,
    train: Readonly<Record<string, number>>,
    valid: Readonly<Record<string, number>> | undefined,
    averaged: Readonly<Record<string, number>> | undefined,
  ): void {
    this.#log.write({ event: "epoch", epoch, step, train, valid, averaged });
    this.#recorder.addEpoch({ epoch, step, train, valid, averaged });
  }

  /** A fall of the rate that a figure caused. */
  drop(drop: Drop): void {
    this.#log.write({ event: "drop", ...drop });
    this.#recorder.addDrop(drop);
  }

  /** What somebody changes by hand, before it is changed. */
  control(control: Controlled): void {
    this.#log.write({ event: "control", ...control });
    this.#recorder.addControl(control);
  }

  /** It goes on at `step` after a pause: how fast it is is measured anew. */
  resumed(step: number): void {
    this.#rates.splice(0, Infinity, { at: performance.now(), step });
  }

  /** Names and sizes of the numbers of a look, in their order, and what they are of. */
  looks(columns: readonly Column[], { layers, parameters }: Watched): void {
    const indices = new Map(parameters.map(({ name, index }) => [name, index]));
    this.#log.write({
      event: "looks",
      columns: columns.map(({ name, size }) => [name, size]),
      layers: layers.map(({ path, type }) => ({ path, type })),
      gradients: parametersByLayer(layers, [...indices.keys()]).map(({ path, type, parameters: names }) => ({
        path,
        type,
        parameters: names.map((name) => indices.get(name) as number),
      })),
    });
  }

  /** The numbers of a look after `step` updates. */
  look(step: number, row: Float32Array): void {
    const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
    this.#log.write({ event: "look", step, f32: bytes.toString("base64") });
  }

  /** `file` is below the run's folder. */
  checkpoint(file: string, step: number, why: string): void {
    this.#log.write({ event: "checkpoint", file, step, why });
    this.#recorder.addCheckpoint(this.#placeOf(file), step);
  }

  /** A checkpoint that is about to make room for others. */
  removed(file: string, step: number): void {
    this.#log.write({ event: "removed", file, step });
    this.#recorder.addCheckpoint(this.#placeOf(file), null);
  }

  #placeOf(file: string): string {
    return ["runs", basename(this.#log.folder ?? ""), ...file.split(sep)].join("/");
  }

  /** What is known of it by now. */
  get history(): RunHistory {
    return this.#recorder.history();
  }

  /** At most a few times a second unless `now`. */
  progress(standing: Standing, now = false): void {
    const time = performance.now();
    if (!now && time - this.#lastProgress < PROGRESS_MS) return;
    this.#lastProgress = time;
    const run = this.status(standing, time);
    const where = run.paused
      ? `paused at step ${run.step.toLocaleString("en-US")}`
      : `epoch ${run.epoch} of ${run.epochs}`;
    const message = `${this.name}: ${where}`;
    this.#context.emit({ event: "progress", done: run.step, total: run.steps, unit: "steps", message, run });
  }

  /** The chart in its last state, and what the run came to. */
  end(record: Omit<RunRecord, "history">): RunRecord {
    this.#show(false);
    const history: RunHistory = this.#recorder.history();
    this.#log.write({ event: "end", ...record });
    this.#context.emit({ event: "run", run: { ...record, history } });
    return { ...record, history };
  }

  /** A run that ends without a result: its curve stays, the log says why. */
  failed(error: unknown): void {
    this.#log.write({ event: "failed", error: String(error) });
    if (this.#shown) this.#show(false);
  }

  close(): void {
    this.#log.close();
  }

  #show(live: boolean): void {
    this.#shown = true;
    const chart = this.#recorder.chart(live);
    const items = [
      { mime: CHART_MIME, data: chart } as const,
      { mime: "text/plain", data: `${chart.title}\n${chart.text}` } as const,
    ];
    this.#context.emit({ event: "output", output: { id: this.#chart, items } });
  }

  /** What those who watch are told of it at `time`, in milliseconds. */
  status({ step, trainLoss, lr, figures, paused, stopping }: Standing, time = performance.now()): RunStatus {
    const { steps, epochs, stepsPerEpoch } = this.#extent;
    this.#rates.push({ at: time, step });
    while (this.#rates.length > 2 && time - (this.#rates[0]?.at ?? time) > RATE_MS) this.#rates.shift();
    const [oldest] = this.#rates;
    const stepsPerSecond = oldest && time > oldest.at ? ((step - oldest.step) * 1000) / (time - oldest.at) : 0;
    const [first] = this.#experiment.options.metrics;
    const key = first && ["valid", "train"].map((part) => part + capital(first.type)).find((k) => k in figures);
    return {
      id: this.id,
      name: this.name,
      folder: this.folder,
      step,
      steps,
      epoch: Math.ceil(step / stepsPerEpoch),
      epochs,
      trainLoss: Number.isNaN(trainLoss) ? null : trainLoss,
      validLoss: figures.validLoss ?? null,
      metric: key === undefined || !first ? null : { name: nameOf(first), value: figures[key] as number },
      lr,
      stepsPerSecond,
      etaSeconds: stepsPerSecond > 0 && !paused ? (steps - step) / stepsPerSecond : null,
      backend: this.#backend.name,
      paused,
      stopping: stopping ? "epoch" : null,
    };
  }
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `{ loss: 1 }` as `{ validLoss: 1 }`. */
export const named = (part: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([key, v]) => [part + capital(key), v]));
