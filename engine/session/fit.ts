import { join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import type { RunContext } from "../context/index.ts";
import type { Dataset } from "../data/index.ts";
import { CheckpointError, Interrupted, NonFiniteError } from "../errors/index.ts";
import { hyperparameters, stateNames } from "../optim/index.ts";
import { CurveRecorder } from "../plots/index.ts";
import { CHART_MIME, type RunStatus, type RunSummary } from "../protocol/index.ts";
import { permutation } from "../random/index.ts";
import { rateAt } from "../schedules/index.ts";
import { type Progress, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { DeviceModel, type Rows, type RunState, type StepScalars } from "./device.ts";
import { EarlyStopping } from "./earlyStopping.ts";
import type { Experiment } from "./experiment.ts";
import { initialWeights, type Weights } from "./model.ts";
import type { FitOptions } from "./options.ts";
import { Run, type RunRecord } from "./run.ts";
import { RunLog } from "./runLog.ts";
import type { DeviceData } from "./step.ts";

/** Stream of the data order; initial parameters use streams from 0 on, at step 0. */
const ORDER_STREAM = 0x5eed0001;
/** A submit should take about this long: short enough to stop at once, long enough to keep the device busy. */
const SUBMIT_MS = 60;
const MAX_SUBMIT = 1024;
/** Checkpoints during a run are at least this far apart. */
const CHECKPOINT_MS = 10_000;
const PROGRESS_MS = 200;

/** Sums over the steps of an epoch, weighted by their examples. */
interface Partial {
  steps: number;
  examples: number;
  loss: number;
  metrics: [number, number][];
}

/** Trains `experiment` as `options` say, inside a cell. See `Experiment.fit`. */
export async function trainRun(experiment: Experiment, options: FitOptions, context: RunContext): Promise<Run> {
  if (context.signal.aborted) throw new Interrupted("interrupted before training began");
  const backend = await context.backend();
  const device = new DeviceModel(backend, experiment.config);
  try {
    return await new Fit(experiment, options, context, backend, device).run();
  } finally {
    device.dispose();
  }
}

class Fit {
  readonly #experiment: Experiment;
  readonly #options: FitOptions;
  readonly #context: RunContext;
  readonly #backend: Backend;
  readonly #device: DeviceModel;
  readonly #train: Dataset;
  readonly #count: number;
  readonly #stepsPerEpoch: number;
  readonly #totalSteps: number;
  readonly #epochs: number;
  readonly #id: string;
  readonly #name: string;
  readonly #folder: string | null;
  readonly #log: RunLog;
  readonly #recorder: CurveRecorder;
  readonly #stopping: EarlyStopping | null;
  readonly #chartOutput: string;
  readonly #startedAt = performance.now();
  readonly #rates: { at: number; step: number }[] = [];

  #data!: DeviceData;
  #step = 0;
  #firstStep = 0;
  #partial: Partial;
  #best: { weights: Weights; progress: NonNullable<Progress["best"]> } | null = null;
  #final: Record<string, number> = {};
  #lastLoss = Number.NaN;
  #lastLr = Number.NaN;
  #failure: { step: number; batch: number; scalars: StepScalars } | null = null;
  #chunk = 4;
  #lastProgress = 0;
  #lastCheckpoint = performance.now();

  constructor(experiment: Experiment, options: FitOptions, context: RunContext, backend: Backend, device: DeviceModel) {
    this.#experiment = experiment;
    this.#options = options;
    this.#context = context;
    this.#backend = backend;
    this.#device = device;
    const { batchSize, dropLast } = experiment.options;
    this.#train = experiment.splits.train;
    this.#count = this.#train.x.shape[0] as number;
    this.#stepsPerEpoch = dropLast ? Math.floor(this.#count / batchSize) : Math.ceil(this.#count / batchSize);
    this.#totalSteps = options.steps ?? (options.epochs ?? 10) * this.#stepsPerEpoch;
    this.#epochs = Math.ceil(this.#totalSteps / this.#stepsPerEpoch);
    this.#partial = this.#emptyPartial();
    this.#stopping = options.earlyStopping
      ? new EarlyStopping(options.earlyStopping, experiment.options.metrics)
      : null;
    this.#id = context.freshId("run");
    this.#name = options.name || experiment.nextRunName();
    this.#log = new RunLog(context.runFolder === null ? null : join(context.runFolder, "runs"));
    this.#folder = this.#log.folder;
    this.#chartOutput = context.freshId("chart");
    this.#recorder = new CurveRecorder((rows) => context.emit({ event: "rows", chart: this.#chartOutput, ...rows }), {
      id: this.#chartOutput,
      name: this.#name,
      metrics: experiment.options.metrics.map((m) => ({ name: m.type, better: m.definition.better })),
      validation: experiment.splits.valid !== undefined,
      steps: this.#totalSteps,
      epochs: this.#epochs,
      stepsPerEpoch: this.#stepsPerEpoch,
    });
  }

  #emptyPartial(): Partial {
    return { steps: 0, examples: 0, loss: 0, metrics: this.#experiment.options.metrics.map(() => [0, 0]) };
  }

  async run(): Promise<Run> {
    try {
      this.#data = this.#device.upload("train", this.#train);
      this.#begin();
      this.#logStart();
      await this.#device.prepare(this.#data, Math.min(this.#experiment.options.batchSize, this.#count));
      this.#showChart(true);
      this.#rates.push({ at: performance.now(), step: this.#step });
      const stopped = await this.#epochsUntilDone();
      return await this.#end(stopped);
    } finally {
      this.#log.close();
    }
  }

  /** Initial weights, or those of the run that is continued. */
  #begin(): void {
    const { seed, batchSize } = this.#experiment.options;
    const { model, optimizer } = this.#experiment.config;
    const { resume } = this.#options;
    if (resume === null) {
      this.#device.load(initialWeights(model, seed));
      return;
    }
    const from =
      resume instanceof Run ? runCheckpoint(resume) : readCheckpoint(this.#experiment.resolve(resume), model);
    const where = resume instanceof Run ? `resume ${resume.name}` : `resume ${resume}`;
    const progress = from.progress;
    if (!progress) {
      this.#device.load(from.state);
      return;
    }
    const differs = (what: string, there: unknown, here: unknown) =>
      new CheckpointError(
        `${where}: ${what} is ${String(there)} there and ${String(here)} here; an exact continuation needs the same`,
      );
    if (progress.seed !== seed) throw differs("seed", progress.seed, seed);
    if (progress.batchSize !== batchSize) throw differs("batchSize", progress.batchSize, batchSize);
    if (progress.optimizer !== optimizer.type) throw differs("the optimizer", progress.optimizer, optimizer.type);
    for (const name of stateNames(optimizer)) {
      if (!from.optimizer[name])
        throw new CheckpointError(`${where}: no optimizer state "${name}"; its options differ`);
    }
    for (const slice of model.parameters.slices) {
      if (from.state.parameters.length !== model.parameters.words) {
        throw new CheckpointError(`${where}: ${slice.name} has another shape there; it is from another model`);
      }
    }
    if (progress.step >= this.#totalSteps) {
      throw new CheckpointError(
        `${where}: it has ${progress.step} steps already, of ${this.#totalSteps} asked for; give more epochs or steps`,
      );
    }
    this.#device.load({ ...from.state, optimizer: from.optimizer });
    this.#step = progress.step;
    this.#firstStep = progress.step;
    this.#partial = { ...progress.partial, metrics: progress.partial.metrics.map(([a, b]) => [a, b]) };
    if (progress.best && from.best) this.#best = { weights: from.best, progress: progress.best };
    if (progress.best && this.#stopping) {
      this.#stopping.best = progress.best.value;
      this.#stopping.waited = progress.best.waited;
    }
  }

  async #epochsUntilDone(): Promise<RunSummary["stopped"]> {
    const { seed, shuffle, batchSize } = this.#experiment.options;
    const whole = Math.floor(this.#count / batchSize);
    const inOrder = Int32Array.from({ length: this.#count }, (_, i) => i);
    while (this.#step < this.#totalSteps) {
      const epoch = Math.floor(this.#step / this.#stepsPerEpoch);
      const first = epoch * this.#stepsPerEpoch;
      const end = Math.min(first + this.#stepsPerEpoch, this.#totalSteps);
      this.#device.setOrder(
        shuffle ? this.#experiment.order(epoch, permutation(seed, ORDER_STREAM, epoch, this.#count)) : inOrder,
      );
      const flying: Promise<void>[] = [];
      let next = this.#step;
      while (next < end && !this.#stopsNow()) {
        const full = next - first < whole;
        const batch = full ? batchSize : this.#count - whole * batchSize;
        const count = full ? Math.min(this.#chunk, first + whole - next, end - next) : 1;
        flying.push(this.#submit(next, count, batch, first));
        next += count;
        if (flying.length >= 2) await flying.shift();
      }
      for (const submit of flying) await submit;
      if (this.#failure) return "non-finite";
      if (this.#step === end) {
        const stop = await this.#endEpoch(epoch);
        if (stop) return "early";
      }
      if (this.#context.signal.aborted) return this.#step < this.#totalSteps ? "interrupted" : "finished";
    }
    return "finished";
  }

  #stopsNow(): boolean {
    return this.#context.signal.aborted || this.#failure !== null;
  }

  /** Sends steps [from, from + count) to the device; resolves once their rows are taken in. */
  async #submit(from: number, count: number, batch: number, epochStart: number): Promise<void> {
    const { batchSize, seed } = this.#experiment.options;
    const base = hyperparameters(this.#experiment.config.optimizer);
    const scalars: StepScalars[] = [];
    for (let s = from; s < from + count; s++) {
      const driven = this.#options.schedule
        ? rateAt(this.#options.schedule, base, {
            step: s,
            steps: this.#totalSteps,
            stepsPerEpoch: this.#stepsPerEpoch,
            epochs: this.#epochs,
          })
        : base;
      scalars.push({
        hyper: { ...driven, step: s + 1 },
        cursor: (s - epochStart) * batchSize,
        noiseSeed: seed,
        noiseStep: s + 1,
      });
    }
    const began = performance.now();
    const rows = await this.#device.train(this.#data, batch, scalars);
    const ms = Math.max(0.05, performance.now() - began);
    if (count === this.#chunk) {
      // With two submits in flight each waits for the one before it: the time of one is about half.
      this.#chunk = Math.max(1, Math.min(MAX_SUBMIT, 2 * this.#chunk, Math.round((count * SUBMIT_MS) / ms)));
    }
    this.#takeRows(from, batch, scalars, rows);
  }

  #takeRows(from: number, batch: number, scalars: readonly StepScalars[], rows: Rows): void {
    if (this.#failure) return;
    const losses = rows.loss as Float64Array;
    const ok = rows.ok as Float64Array;
    const good = ok.indexOf(0);
    const count = good < 0 ? scalars.length : good;
    const rates = scalars.map((s) => s.hyper.lr ?? Number.NaN);
    for (let i = 0; i < count; i++) {
      this.#partial.steps += 1;
      this.#partial.examples += batch;
      this.#partial.loss += (losses[i] as number) * batch;
      for (const [k, sums] of this.#partial.metrics.entries()) {
        sums[0] += rows[`metric ${k} sum`]?.[i] as number;
        sums[1] += rows[`metric ${k} count`]?.[i] as number;
      }
    }
    const numbers = Array.from({ length: count }, (_, i) => from + i + 1);
    const norms = Array.from(rows["gradient norm squared"] as Float64Array, Math.sqrt);
    this.#step = from + count;
    if (count > 0) {
      this.#lastLoss = losses[count - 1] as number;
      this.#lastLr = rates[count - 1] as number;
      const kept = Array.from(losses.subarray(0, count));
      this.#log.write({
        event: "steps",
        from: from + 1,
        loss: kept,
        lr: rates.slice(0, count),
        gradientNorm: norms.slice(0, count),
      });
      this.#experiment.onSteps?.({ from: from + 1, loss: kept, gradientNorm: norms.slice(0, count) });
      this.#recorder.addTrain(numbers, kept, rates.slice(0, count));
    }
    if (good >= 0) this.#failure = { step: from + good + 1, batch, scalars: scalars[good] as StepScalars };
    this.#tellProgress(false);
  }

  /** Validates, logs, keeps the best. True when early stopping says that it is enough. */
  async #endEpoch(epoch: number): Promise<boolean> {
    const last = this.#step === this.#totalSteps;
    const { metrics } = this.#experiment.options;
    const train: Record<string, number> = { loss: this.#partial.loss / this.#partial.examples };
    for (const [k, m] of metrics.entries()) train[m.type] = ratio(this.#partial.metrics[k]);
    this.#partial = this.#emptyPartial();
    const validation = this.#experiment.splits.valid;
    const validates = validation !== undefined && ((epoch + 1) % this.#options.validateEvery === 0 || last);
    const valid = validates ? await this.#device.evaluate(this.#device.upload("valid", validation)) : undefined;
    this.#final = { ...named("train", train), ...named("valid", valid ?? {}) };
    this.#log.write({ event: "epoch", epoch: epoch + 1, step: this.#step, train, valid });
    this.#recorder.addEpoch({ epoch: epoch + 1, step: this.#step, train, valid });
    this.#tellProgress(last);
    let stop = false;
    if (this.#stopping && valid) {
      const seen = this.#stopping.observe(valid);
      if (seen.improved) {
        const { parameters, running } = await this.#device.save();
        const progress = { epoch: epoch + 1, step: this.#step, value: seen.value, waited: 0, final: this.#final };
        this.#best = { weights: { parameters, running }, progress };
      } else if (this.#best) {
        this.#best = { ...this.#best, progress: { ...this.#best.progress, waited: this.#stopping.waited } };
      }
      stop = seen.stop;
    }
    if (performance.now() - this.#lastCheckpoint > CHECKPOINT_MS && !last && !stop) {
      await this.#writeCheckpoint("last", "time");
    }
    return stop;
  }

  #progressNow(): Progress {
    const { seed, batchSize } = this.#experiment.options;
    return {
      version: 1,
      run: this.#id,
      step: this.#step,
      seed,
      batchSize,
      optimizer: this.#experiment.config.optimizer.type,
      partial: this.#partial,
      best: this.#best?.progress ?? null,
    };
  }

  async #writeCheckpoint(name: string, why: string): Promise<RunState> {
    const state = await this.#device.save();
    this.#lastCheckpoint = performance.now();
    if (this.#folder !== null) {
      const file = join("checkpoints", `${name}.safetensors`);
      const checkpoint = { state, best: this.#best?.weights ?? null, progress: this.#progressNow() };
      writeCheckpoint(join(this.#folder, file), this.#experiment.config.model, checkpoint);
      this.#log.write({ event: "checkpoint", file, step: this.#step, why });
    }
    return state;
  }

  async #end(stopped: RunSummary["stopped"]): Promise<Run> {
    let state = await this.#writeCheckpoint("last", stopped);
    const best = this.#best;
    const restores = best !== null && this.#stopping?.options.restoreBest === true && stopped !== "interrupted";
    if (restores && best.progress.step !== this.#step) {
      this.#final = { ...best.progress.final };
      this.#device.load(best.weights);
      state = { ...state, ...best.weights };
      if (this.#folder !== null) {
        const file = join("checkpoints", "best.safetensors");
        writeCheckpoint(join(this.#folder, file), this.#experiment.config.model, {
          state,
          best: null,
          progress: this.#progressNow(),
        });
        this.#log.write({ event: "checkpoint", file, step: best.progress.step, why: "best" });
      }
    }
    const test = this.#experiment.splits.test;
    if (test && stopped !== "interrupted" && stopped !== "non-finite") {
      Object.assign(this.#final, named("test", await this.#device.evaluate(this.#device.upload("test", test))));
    }
    if (!Number.isNaN(this.#lastLoss)) this.#final = { trainLoss: this.#lastLoss, ...this.#final };
    const chart = this.#recorder.chart(false);
    const record: RunRecord = {
      id: this.#id,
      name: this.#name,
      folder: this.#folder,
      backend: this.#backend.name,
      adapter: this.#backend.adapter,
      steps: this.#step,
      epochs: Math.ceil(this.#step / this.#stepsPerEpoch),
      seconds: (performance.now() - this.#startedAt) / 1000,
      stopped,
      final: this.#final,
      history: this.#recorder.history(),
    };
    const { history: _, ...logged } = record;
    this.#log.write({ event: "end", ...logged });
    this.#tellProgress(true);
    this.#context.emit({ event: "output", output: { id: this.#chartOutput, items: chartItems(chart) } });
    this.#context.emit({ event: "run", run: record });
    const run = new Run(record, this.#experiment.config, {
      state,
      best: best?.weights ?? null,
      progress: this.#progressNow(),
    });
    this.#experiment.keep(run);
    if (this.#failure) throw await this.#nonFinite(this.#failure);
    return run;
  }

  /** The error of a run that met a value which is not finite: which tensor had it first, and what is kept. */
  async #nonFinite({
    step,
    batch,
    scalars,
  }: {
    step: number;
    batch: number;
    scalars: StepScalars;
  }): Promise<NonFiniteError> {
    const found = await this.#device.firstNonFinite(this.#data, batch, scalars);
    const what = found
      ? `${found.name} is the first that is not finite (${found.count} of its values)`
      : "the squared norm of the gradient overflows";
    const kept =
      this.#folder === null
        ? "the state before that step is in the experiment's last run"
        : `the state before that step is kept in ${join(this.#folder, "checkpoints", "last.safetensors")}`;
    const cure = found?.name.startsWith("the batch's")
      ? "look at the data"
      : `lower the learning rate (${this.#rate(scalars)} here), clip gradients or scale the inputs`;
    return new NonFiniteError(`training stopped at step ${step}: ${what}; ${kept}; ${cure}`);
  }

  #rate(scalars: StepScalars): string {
    return String(Number((scalars.hyper.lr ?? Number.NaN).toPrecision(3)));
  }

  #showChart(live: boolean): void {
    const chart = this.#recorder.chart(live);
    this.#context.emit({ event: "output", output: { id: this.#chartOutput, items: chartItems(chart) } });
  }

  #status(): RunStatus {
    const now = performance.now();
    this.#rates.push({ at: now, step: this.#step });
    while (this.#rates.length > 2 && now - (this.#rates[0]?.at ?? now) > 3000) this.#rates.shift();
    const [oldest] = this.#rates;
    const stepsPerSecond = oldest && now > oldest.at ? ((this.#step - oldest.step) * 1000) / (now - oldest.at) : 0;
    const [first] = this.#experiment.options.metrics;
    const key = first && ["valid", "train"].map((s) => s + capital(first.type)).find((k) => k in this.#final);
    const validLoss = this.#final.validLoss;
    return {
      id: this.#id,
      step: this.#step,
      steps: this.#totalSteps,
      epoch: Math.ceil(this.#step / this.#stepsPerEpoch),
      epochs: this.#epochs,
      trainLoss: Number.isNaN(this.#lastLoss) ? null : this.#lastLoss,
      validLoss: validLoss ?? null,
      metric: key === undefined || !first ? null : { name: first.type, value: this.#final[key] as number },
      lr: this.#lastLr,
      stepsPerSecond,
      etaSeconds: stepsPerSecond > 0 ? (this.#totalSteps - this.#step) / stepsPerSecond : null,
      backend: this.#backend.name,
    };
  }

  #tellProgress(force: boolean): void {
    const now = performance.now();
    if (!force && now - this.#lastProgress < PROGRESS_MS) return;
    this.#lastProgress = now;
    const run = this.#status();
    this.#context.emit({
      event: "progress",
      done: run.step,
      total: run.steps,
      unit: "steps",
      message: `${this.#name}: epoch ${run.epoch} of ${run.epochs}`,
      run,
    });
  }

  #logStart(): void {
    this.#log.write({
      event: "start",
      run: this.#id,
      name: this.#name,
      time: new Date().toISOString(),
      backend: this.#backend.name,
      adapter: this.#backend.adapter,
      versions: { node: process.version },
      config: this.#experiment.describe(),
      fit: {
        steps: this.#totalSteps,
        epochs: this.#epochs,
        schedule: this.#options.schedule,
        earlyStopping: this.#options.earlyStopping,
        resumedAt: this.#firstStep,
      },
    });
  }
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `{ loss: 1 }` as `{ validLoss: 1 }`. */
const named = (prefix: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([key, v]) => [prefix + capital(key), v]));

const ratio = (sums: readonly [number, number] | undefined): number => (sums ? sums[0] / sums[1] : Number.NaN);

const chartItems = (chart: ReturnType<CurveRecorder["chart"]>) => [
  { mime: CHART_MIME, data: chart } as const,
  { mime: "text/plain", data: `${chart.title}\n${chart.text}` } as const,
];

const runCheckpoint = (run: Run) => ({
  state: run.checkpoint.state,
  optimizer: run.checkpoint.state.optimizer as Record<string, Float32Array>,
  best: run.checkpoint.best,
  progress: run.checkpoint.progress as Progress | undefined,
});
