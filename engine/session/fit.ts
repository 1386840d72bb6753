import { join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import type { RunContext } from "../context/index.ts";
import { BackendError, Interrupted, NonFiniteError } from "../errors/index.ts";
import { hyperparameters } from "../optim/index.ts";
import type { RunSummary } from "../protocol/index.ts";
import { scheduleAt } from "../schedules/index.ts";
import { type Checkpoint, type Progress, weightsOnly, writeCheckpoint } from "./checkpoint.ts";
import { DeviceModel, type Rows, type RunState, type StepScalars } from "./device.ts";
import { EarlyStopping } from "./earlyStopping.ts";
import { EpochSums } from "./epochSums.ts";
import type { Experiment } from "./experiment.ts";
import type { DeviceData } from "./forward.ts";
import {
  DeviceClock,
  Instruments,
  LiveChart,
  Pace,
  Strip,
  Watch,
  type Watched,
  watchedOf,
} from "./instruments/index.ts";
import { initialWeights, type Weights } from "./model.ts";
import { type Failure, nonFinite } from "./nonFinite.ts";
import type { FitOptions } from "./options.ts";
import { beginningOf } from "./resume.ts";
import { Run } from "./run.ts";
import { scalarsOf } from "./scalars.ts";
import { type Extent, named, type Standing, Telling } from "./telling.ts";
import { Trace } from "./trace.ts";

/** A submit should take about this long: short enough to stop at once, long enough to keep the device busy. */
const SUBMIT_MS = 60;
const MAX_SUBMIT = 1024;
/** Submits under way at a time, and those of single steps between looks. */
const FLYING = 2;
const FLYING_CUT = 6;
/** Checkpoints during a run are at least this far apart. */
const CHECKPOINT_MS = 10_000;

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

/** One run under way. */
class Fit {
  readonly #experiment: Experiment;
  readonly #options: FitOptions;
  readonly #context: RunContext;
  readonly #backend: Backend;
  readonly #device: DeviceModel;
  readonly #data: DeviceData;
  readonly #extent: Extent;
  readonly #stopping: EarlyStopping | null;
  readonly #telling: Telling;
  readonly #trace: Trace;
  readonly #clock = new DeviceClock();
  readonly #pace: Pace;
  readonly #watched: Watched;
  readonly #instruments: Instruments;
  #looks: Watch | null = null;
  #live: LiveChart | null = null;
  readonly #startedAt = performance.now();

  /** What compiling the training step took. */
  #preparedMs = 0;
  /** Optimizer updates done before, and by now. */
  #from = 0;
  #step = 0;
  #sums: EpochSums;
  #best: { weights: Weights; progress: NonNullable<Progress["best"]> } | null = null;
  #figures: Record<string, number> = {};
  #lastLoss = Number.NaN;
  #lastLr = Number.NaN;
  #failure: Failure | null = null;
  #chunk = 4;
  #lastCheckpoint = performance.now();
  /** Step of the last checkpoint. */
  #saved: number | null = null;

  constructor(experiment: Experiment, options: FitOptions, context: RunContext, backend: Backend, device: DeviceModel) {
    this.#experiment = experiment;
    this.#options = options;
    this.#context = context;
    this.#backend = backend;
    this.#device = device;
    this.#data = device.upload("train", experiment.splits.train);
    const { batchSize, dropLast, metrics } = experiment.options;
    const stepsPerEpoch = (dropLast ? Math.floor : Math.ceil)(this.#data.count / batchSize);
    const steps = options.steps ?? (options.epochs ?? 10) * stepsPerEpoch;
    this.#extent = { steps, epochs: Math.ceil(steps / stepsPerEpoch), stepsPerEpoch };
    this.#sums = new EpochSums(metrics);
    this.#stopping = options.earlyStopping ? new EarlyStopping(options.earlyStopping, metrics) : null;
    this.#begin();
    this.#from = this.#step;
    this.#trace = new Trace(options.trace, device, this.#step, steps);
    const { instruments: mode, schedule } = options;
    this.#pace = new Pace(mode, this.#step, steps);
    this.#watched = watchedOf(experiment.config, this.#data, batchSize);
    this.#instruments = new Instruments({
      mode,
      schedule,
      strip: new Strip(experiment.config, Object.keys(hyperparameters(experiment.config.optimizer))),
      watched: this.#watched,
      pace: this.#pace,
    });
    const name = options.name || experiment.nextRunName();
    this.#telling = new Telling(experiment, backend, name, context, this.#extent, this.#movesMomentum);
  }

  /** Whether the schedule drives the optimizer's momentum. */
  get #movesMomentum(): boolean {
    const { schedule } = this.#options;
    const base = hyperparameters(this.#experiment.config.optimizer);
    if (schedule === null || !(base.momentum || base["betas[0]"] !== undefined)) return false;
    return scheduleAt(schedule, base.lr ?? 0, { step: 0, ...this.#extent }).momentum !== undefined;
  }

  async run(): Promise<Run> {
    const { schedule, earlyStopping } = this.#options;
    try {
      const began = performance.now();
      await this.#device.prepare(this.#data, this.#experiment.options.batchSize);
      this.#preparedMs = performance.now() - began;
      this.#telling.start(this.#step, { fit: { ...this.#extent, schedule, earlyStopping, resumedAt: this.#step } });
      if (this.#trace.due(this.#step)) await this.#trace.take(this.#step, this.#device);
      return await this.#end(await this.#epochsUntilDone());
    } catch (error) {
      if (error instanceof NonFiniteError) throw error; // such a run has ended and been told
      this.#telling.failed(error);
      if (!(error instanceof BackendError)) throw error;
      throw new BackendError(`${error.message}; training stopped after step ${this.#step}, ${this.#left}`, {
        cause: error,
      });
    } finally {
      this.#telling.close();
    }
  }

  /** `next` updates are sent. */
  async #beginWatch(next: number): Promise<Watch> {
    const { name } = this.#telling;
    const message = `${name}: preparing instruments`;
    this.#context.emit({ event: "progress", done: 0, total: null, unit: "steps", message, run: null });
    const watch = await Watch.begin({
      instruments: this.#instruments,
      watched: this.#watched,
      pace: this.#pace,
      clock: this.#clock,
      device: this.#device,
      data: this.#data,
      batch: this.#experiment.options.batchSize,
      from: this.#from,
      now: next,
      to: this.#extent.steps,
      told: (step, row) => {
        this.#telling.look(step, row);
        this.#live?.update();
      },
    });
    this.#telling.columns = this.#instruments.looks?.columns ?? [];
    // economy leaves the page as it is: its looks are for later
    if (this.#instruments.mode !== "economy") {
      this.#live = new LiveChart(this.#context, this.#instruments, name, this.#extent.steps);
    }
    return watch;
  }

  /** Initial weights, or those of the run that is continued. */
  #begin(): void {
    const { options, config } = this.#experiment;
    const { resume } = this.#options;
    if (resume === null) {
      this.#device.load(initialWeights(config.model, options.seed));
      return;
    }
    const { state, best, progress } = beginningOf(this.#experiment, resume, this.#extent.steps);
    this.#device.load(state);
    if (!progress) return;
    this.#step = progress.step;
    this.#sums = new EpochSums(options.metrics, progress.partial);
    if (progress.best && best) this.#best = { weights: best, progress: progress.best };
    if (progress.best && this.#stopping) {
      this.#stopping.best = progress.best.value;
      this.#stopping.waited = progress.best.waited;
    }
  }

  async #epochsUntilDone(): Promise<RunSummary["stopped"]> {
    const { steps, stepsPerEpoch } = this.#extent;
    while (this.#step < steps) {
      const epoch = Math.floor(this.#step / stepsPerEpoch);
      const end = Math.min((epoch + 1) * stepsPerEpoch, steps);
      this.#device.setOrder(this.#experiment.epochOrder(epoch));
      await this.#stepsUntil(end, epoch * stepsPerEpoch);
      if (this.#failure) return "non-finite";
      if (this.#step === end && (await this.#endEpoch(epoch))) return "early";
      if (this.#context.signal.aborted && this.#step < steps) return "interrupted";
    }
    return "finished";
  }

  /** Trains to step `end` of the epoch that began at step `epochStart`, two submits under way at a time. */
  async #stepsUntil(end: number, epochStart: number): Promise<void> {
    const { batchSize } = this.#experiment.options;
    const whole = epochStart + Math.floor(this.#data.count / batchSize);
    const flying: Promise<unknown>[] = [];
    for (let next = this.#step; next < end && !this.#context.signal.aborted && !this.#failure; ) {
      // looks compute about what a step does, with statistics besides: many small launches to compile
      if (this.#looks === null && this.#pace.begins(4 * this.#preparedMs)) this.#looks = await this.#beginWatch(next);
      const full = next < whole;
      const batch = full ? batchSize : this.#data.count % batchSize;
      const looked = this.#looks?.at(next, full, () => this.#scalars(next, epochStart));
      const free = Math.min(this.#chunk, whole - next, end - next, this.#trace.until(next));
      const count = full ? Math.min(free, this.#looks?.until(next) ?? free) : 1;
      const cut = full && count < free;
      const submit = Promise.all([looked, this.#submit(next, count, batch, epochStart, cut)]);
      // one that fails while the one before it is awaited is no stray rejection
      submit.catch(() => {});
      flying.push(submit);
      next += count;
      const snapshot = this.#trace.due(next);
      while (flying.length >= (snapshot ? 1 : cut ? FLYING_CUT : FLYING)) await flying.shift();
      if (snapshot) await this.#trace.take(this.#step, this.#device);
    }
    for (const submit of flying) await submit;
  }

  /** Sends steps [from, from + count) to the device; resolves once their rows are taken in. */
  async #submit(from: number, count: number, batch: number, epochStart: number, cut: boolean): Promise<void> {
    const scalars = Array.from({ length: count }, (_, i) => this.#scalars(from + i, epochStart));
    const began = performance.now();
    const { value: rows, ms: busy } = await this.#clock.time(this.#device.train(this.#data, batch, scalars));
    const ms = Math.max(0.05, performance.now() - began);
    if (batch === this.#experiment.options.batchSize) this.#pace.trained(count, busy, cut);
    if (count === this.#chunk) {
      this.#chunk = Math.max(1, Math.min(MAX_SUBMIT, 2 * this.#chunk, Math.round((count * SUBMIT_MS) / ms)));
    }
    this.#takeRows(from, batch, scalars, rows);
  }

  #scalars(step: number, epochStart: number): StepScalars {
    return scalarsOf(this.#experiment, this.#options.schedule, this.#extent, step, epochStart);
  }

  #takeRows(from: number, batch: number, scalars: readonly StepScalars[], rows: Rows): void {
    if (this.#failure) return;
    const stopped = (rows.ok as Float64Array).indexOf(0);
    const count = stopped < 0 ? scalars.length : stopped;
    this.#sums.add(rows, count, batch);
    this.#step = from + count;
    if (count > 0) {
      const loss = Array.from((rows.loss as Float64Array).subarray(0, count));
      const lr = scalars.slice(0, count).map((s) => s.hyper.lr ?? Number.NaN);
      const norms = Array.from((rows["gradient norm squared"] as Float64Array).subarray(0, count), Math.sqrt);
      this.#lastLoss = loss.at(-1) as number;
      this.#lastLr = lr.at(-1) as number;
      this.#instruments.strip.add(from + 1, count, rows, scalars);
      const momentum = scalars.slice(0, count).map(({ hyper }) => hyper.momentum ?? hyper["betas[0]"] ?? Number.NaN);
      this.#telling.steps(from + 1, loss, lr, norms, momentum);
    }
    if (stopped >= 0) this.#failure = { step: this.#step + 1, batch, scalars: scalars[stopped] as StepScalars };
    this.#telling.progress(this.#standing());
  }

  #standing(): Standing {
    return { step: this.#step, trainLoss: this.#lastLoss, lr: this.#lastLr, figures: this.#figures };
  }

  /** Validates, tells, keeps the best. True when early stopping says that it is enough. */
  async #endEpoch(epoch: number): Promise<boolean> {
    const { metrics } = this.#experiment.options;
    const last = this.#step === this.#extent.steps;
    const train = this.#sums.means(metrics);
    // a run of so many steps may end within an epoch: a continuation goes on with its sums
    if (this.#step % this.#extent.stepsPerEpoch === 0) this.#sums = new EpochSums(metrics);
    const validation = this.#experiment.splits.valid;
    const validates = validation !== undefined && ((epoch + 1) % this.#options.validateEvery === 0 || last);
    const valid = validates ? await this.#device.evaluate(this.#device.upload("valid", validation)) : undefined;
    this.#figures = { ...named("train", train), ...named("valid", valid ?? {}) };
    this.#telling.epoch(epoch + 1, this.#step, train, valid);
    this.#telling.progress(this.#standing(), last);
    const enough = valid !== undefined && (await this.#watch(epoch, valid));
    const due = performance.now() - this.#lastCheckpoint > CHECKPOINT_MS;
    if (due && !last && !enough) await this.#checkpoint("time");
    return enough;
  }

  /** Early stopping's look at a validation: keeps the weights of the best. True when it is enough. */
  async #watch(epoch: number, valid: Readonly<Record<string, number>>): Promise<boolean> {
    if (!this.#stopping) return false;
    const { value, improved, stop } = this.#stopping.observe(valid);
    if (improved) {
      const { parameters, running } = await this.#device.save();
      const progress = { epoch: epoch + 1, step: this.#step, value, waited: 0, final: this.#figures };
      this.#best = { weights: { parameters, running }, progress };
    } else if (this.#best) {
      this.#best = { ...this.#best, progress: { ...this.#best.progress, waited: this.#stopping.waited } };
    }
    return stop;
  }

  get #progress(): Progress {
    const { seed, batchSize, optimizer } = this.#experiment.options;
    return {
      version: 1,
      run: this.#telling.id,
      step: this.#step,
      seed,
      batchSize,
      optimizer: optimizer.type,
      partial: this.#sums.sums,
      best: this.#best?.progress ?? null,
    };
  }

  /** Writes the state that is on the device; it is the last good one whatever happened. */
  async #checkpoint(why: string): Promise<RunState> {
    const state = await this.#device.save();
    this.#lastCheckpoint = performance.now();
    this.#saved = this.#step;
    this.#write("last", { state, best: this.#best?.weights ?? null, progress: this.#progress }, this.#step, why);
    return state;
  }

  #write(name: string, checkpoint: Checkpoint, step: number, why: string): void {
    const { folder } = this.#telling;
    if (folder === null) return;
    const file = join("checkpoints", `${name}.safetensors`);
    writeCheckpoint(join(folder, file), this.#experiment.config.model, checkpoint);
    this.#telling.checkpoint(file, step, why);
  }

  /** What a run that breaks off leaves behind. */
  get #left(): string {
    const { folder } = this.#telling;
    if (folder === null) return "the notebook has no file yet, so no checkpoint was written";
    if (this.#saved === null) return `no checkpoint had been written yet; the log is in ${folder}`;
    return `the checkpoint of step ${this.#saved} is ${join(folder, "checkpoints", "last.safetensors")}`;
  }

  async #end(stopped: RunSummary["stopped"]): Promise<Run> {
    if (!this.#failure) await this.#looks?.end(this.#step, this.#scalars(this.#step, this.#step));
    this.#live?.end();
    const state = await this.#checkpoint(stopped);
    const best = this.#best;
    const restores = this.#stopping?.options.restoreBest === true && stopped !== "interrupted";
    let weights: Weights = state;
    if (restores && best && best.progress.step !== this.#step) {
      this.#figures = { ...best.progress.final };
      this.#device.load(best.weights);
      weights = best.weights;
      this.#write("best", weightsOnly(weights), best.progress.step, "best");
    }
    const { test } = this.#experiment.splits;
    if (test && stopped !== "interrupted" && stopped !== "non-finite") {
      Object.assign(this.#figures, named("test", await this.#device.evaluate(this.#device.upload("test", test))));
    }
    this.#telling.progress(this.#standing(), true);
    const record = this.#telling.end({
      id: this.#telling.id,
      name: this.#telling.name,
      folder: this.#telling.folder,
      backend: this.#backend.name,
      adapter: this.#backend.adapter,
      steps: this.#step,
      epochs: Math.ceil(this.#step / this.#extent.stepsPerEpoch),
      seconds: (performance.now() - this.#startedAt) / 1000,
      stopped,
      final: Number.isNaN(this.#lastLoss) ? this.#figures : { trainLoss: this.#lastLoss, ...this.#figures },
    });
    const checkpoint = { state, best: best?.weights ?? null, progress: this.#progress };
    const run = new Run(record, this.#experiment, checkpoint, weights, this.#trace.snapshots, this.#instruments);
    this.#experiment.keep(run);
    if (this.#failure) throw await nonFinite(this.#device, this.#data, this.#failure, this.#telling.folder);
    return run;
  }
}
