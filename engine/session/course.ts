import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import type { RunContext, Steered } from "../context/index.ts";
import type { Prepared } from "../data/index.ts";
import { ConfigError } from "../errors/index.ts";
import { hyperparameters, isFullBatch } from "../optim/index.ts";
import type {
  Controlled,
  RestOfPlan,
  RunChange,
  RunControl,
  RunExtent,
  RunLogGroup,
  RunSummary,
} from "../protocol/index.ts";
import { type Drop, monitorsOf, type Seen, scheduleAt } from "../schedules/index.ts";
import type { Averaged } from "./averaged.ts";
import { type Checkpoint, type Progress, weightsOnly, writeCheckpoint } from "./checkpoint.ts";
import type { Rows, RunState, StepScalars } from "./device.ts";
import { EarlyStopping } from "./earlyStopping.ts";
import type { Experiment } from "./experiment.ts";
import { type DeviceData, statesOf } from "./forward.ts";
import { Instruments, Pace, Strip, type Watched, watchedOf } from "./instruments/index.ts";
import { KeptCheckpoints } from "./keptCheckpoints.ts";
import { initialWeights, type Weights } from "./model.ts";
import type { Failure } from "./nonFinite.ts";
import type { FitOptions } from "./options.ts";
import { beginningOf, weightsFrom } from "./resume.ts";
import { averagedRun, Run } from "./run.ts";
import { higherOf, type ScalarsAt, scalarsOf } from "./scalars.ts";
import { type Applied, checkedChange, checkedReplay, Steering } from "./steering.ts";
import { Tally } from "./tally.ts";
import { named, type Standing, Telling } from "./telling.ts";
import type { Snapshot } from "./trace.ts";

/** Checkpoints during a run are at least this far apart. */
const CHECKPOINT_MS = 10_000;
/** Most places of what is told of the rates to come. */
const PLAN_PLACES = 200;

/** The size of a run of `experiment` over `count` training examples. */
export function extentOf(
  experiment: Experiment,
  options: Pick<FitOptions, "epochs" | "steps">,
  count: number,
): RunExtent {
  const { dropLast } = experiment.options;
  const whole = isFullBatch(experiment.config.optimizer);
  const stepsPerEpoch = whole ? 1 : (dropLast ? Math.floor : Math.ceil)(count / experiment.stepSize);
  const steps = options.steps ?? (options.epochs ?? 10) * stepsPerEpoch;
  return { steps, epochs: Math.ceil(steps / stepsPerEpoch), stepsPerEpoch };
}

/**
 * A run under way without its device: where it stands, what its rows add up to, what is told of it, what early stopping
 * watches and keeps. `fit` follows one; replicas follow one for each lane.
 */
export class Course {
  readonly experiment: Experiment;
  readonly extent: RunExtent;
  readonly telling: Telling;
  readonly watched: Watched;
  readonly pace: Pace;
  readonly instruments: Instruments;
  readonly scalars: ScalarsAt;
  /** What was changed by hand. */
  readonly steering: Steering;
  /** What it begins with. */
  readonly beginning: Weights & Partial<RunState>;
  /** Optimizer updates done before, and by now. */
  readonly from: number;
  step = 0;
  /** Updates done or on their way. */
  sent: number;
  /** It trains no more, though others beside it do. */
  over = false;
  /** The step that was not finite; nothing is taken in after it. */
  failure: Failure | null = null;
  readonly #options: FitOptions;
  readonly #backend: Backend;
  readonly #group: RunLogGroup | undefined;
  readonly #stopping: EarlyStopping | null;
  #startedAt = performance.now();
  #sums: Tally;
  #best: { weights: Weights; progress: NonNullable<Progress["best"]> } | null = null;
  /** Epochs that are over, for a schedule that waits for them. */
  #seen: Seen[] = [];
  #dropped: Drop | undefined;
  #figures: Record<string, number> = {};
  #lastLoss = Number.NaN;
  #lastLr = Number.NaN;
  /** What the schedule says of a step, whatever was changed. */
  readonly #planned: ScalarsAt;
  /** Whether the epoch that has been trained ends the run by hand, which is decided once. */
  #stops = false;
  /** The step of the epoch's end at which that was decided last. */
  #closed = -1;
  /** Null where nothing is kept to go back to. */
  readonly #keeps: KeptCheckpoints | null;
  #lastCheckpoint = performance.now();
  /** Step of the last checkpoint. */
  #saved: { readonly file: string; readonly step: number } | null = null;
  #kept: { readonly state: RunState; readonly weights: Weights } | null = null;

  /** `group`: others train in the same plan, and only checkpoints that were asked for are kept. Throws what `options` and what is continued are at fault for, before anything is written. */
  constructor(
    experiment: Experiment,
    options: FitOptions,
    context: RunContext,
    {
      backend,
      data,
      weights,
      group,
    }: { backend: Backend; data: DeviceData; weights?: Weights | undefined; group?: RunLogGroup | undefined },
  ) {
    const { batchSize, metrics } = experiment.options;
    this.experiment = experiment;
    this.extent = extentOf(experiment, options, data.count);
    this.#options = options;
    this.#backend = backend;
    this.#group = group;
    this.#sums = new Tally(experiment.config);
    this.#stopping = options.earlyStopping ? new EarlyStopping(options.earlyStopping, metrics) : null;
    const checkpoints = options.checkpoints ?? (group ? { keep: 0 } : null);
    this.#keeps = context.runFolder === null ? null : new KeptCheckpoints(checkpoints, bytesOf(experiment));
    const { state, controls } = this.#begin(weights);
    this.beginning = state;
    this.from = this.step;
    this.sent = this.step;
    const { instruments: mode, schedule, replay } = options;
    const changes = replay instanceof Run ? replay.controls : replay && checkedReplay(replay, "fit");
    this.steering = new Steering(changes ?? controls, this.from);
    this.#planned = scalarsOf(experiment, schedule, this.extent, this.#seen, data.window);
    this.scalars = scalarsOf(experiment, schedule, this.extent, this.#seen, data.window, this.steering);
    this.pace = new Pace(mode, this.from, this.extent.steps);
    this.watched = watchedOf(experiment.config, data, batchSize);
    this.instruments = new Instruments({
      mode,
      schedule,
      strip: new Strip(experiment.config, Object.keys(hyperparameters(experiment.config.optimizer))),
      watched: this.watched,
      pace: this.pace,
    });
    const name = options.name || experiment.nextRunName();
    this.telling = new Telling(experiment, backend, name, context, this.extent, this.#movesMomentum);
  }

  /** Whether the schedule drives the optimizer's momentum. */
  get #movesMomentum(): boolean {
    const { schedule } = this.#options;
    const base = hyperparameters(this.experiment.config.optimizer);
    if (schedule === null || !(base.momentum || base["betas[0]"] !== undefined)) return false;
    return scheduleAt(schedule, base.lr ?? 0, { step: 0, ...this.extent }).momentum !== undefined;
  }

  /** Initial weights, those that were made or are given, or those of the run that is continued. */
  #begin(made: Weights | undefined): { state: Weights & Partial<RunState>; controls: readonly Controlled[] } {
    const { options, config } = this.experiment;
    const { resume, from } = this.#options;
    const anew = (state: Weights & Partial<RunState>) => ({ state, controls: [] });
    if (made) return anew(made);
    if (from instanceof Run || typeof from === "string") return anew(weightsFrom(this.experiment, from));
    if (resume === null) return anew(initialWeights(config.model, options.seed));
    const { state, best, progress } = beginningOf(this.experiment, resume, this.extent.steps);
    if (!progress) return anew(state);
    this.step = progress.step;
    this.#seen = [...(progress.seen ?? [])];
    this.#dropped = this.#dropAt(this.step);
    this.#sums = new Tally(config, progress.partial ?? undefined);
    if (progress.best && best) this.#best = { weights: best, progress: progress.best };
    if (progress.best && this.#stopping) {
      this.#stopping.best = progress.best.value;
      this.#stopping.waited = progress.best.waited;
    }
    return { state, controls: progress.controls ?? [] };
  }

  start(): void {
    const { schedule, earlyStopping } = this.#options;
    const controls = this.steering.made;
    this.#startedAt = performance.now();
    this.telling.start(
      this.step,
      { schedule, earlyStopping, ...(controls.length > 0 ? { controls } : {}) },
      this.#group,
    );
  }

  /** Steps before `end` are about to be on their way: changes of a replay that concern them are made. */
  send(end: number): void {
    const closes = end === this.extent.steps || end % this.extent.stepsPerEpoch === 0;
    for (const control of this.steering.reach(closes ? end + 1 : end)) this.telling.control(control);
    this.sent = end;
  }

  /** The step that a change made now is of: what is on its way is not changed, and an epoch that has ended is not stopped after. */
  #next({ do: what }: RunControl): number {
    const stops = what === "stop-after-epoch" || what === "keep-going";
    return stops && this.#closed === this.sent ? this.sent + 1 : this.sent;
  }

  /** As those see it who change it by hand. */
  get steered(): Steered {
    const rest = () => this.#rest;
    return {
      id: this.telling.id,
      name: this.telling.name,
      control: (change) => Course.steer([this], change),
      get rest() {
        return rest();
      },
    };
  }

  /** A change as it will be kept when it is made after `step` updates, or why it cannot be made. */
  #prepare(given: RunControl, step: number): RunChange | string {
    const { steps } = this.extent;
    if (this.#kept || this.failure) return "the run has ended";
    const rate = this.scalars(Math.min(step, steps - 1), 0).hyper.lr ?? Number.NaN;
    try {
      const change = checkedChange(given, { step, steps, lr: rate });
      return this.#refuses(change) ?? change;
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  }

  #refuses({ do: what }: RunChange): string | undefined {
    const { optimizer } = this.experiment.config;
    const { paused, stopping } = this.steering;
    const moves = what === "set-lr" || what === "set-schedule" || what === "follow-plan";
    if (what === "resume" && !paused) return "the run is not paused";
    if (what === "keep-going" && !stopping) return "the run is not to stop after this epoch";
    if (what === "pause" && paused) return "the run is paused already";
    if (what === "stop-after-epoch" && stopping) return "the run stops after this epoch already";
    if (moves && isFullBatch(optimizer)) {
      return `${optimizer.type} finds the length of its steps itself, so that its learning rate stays as it is`;
    }
    if (moves && typeof hyperparameters(optimizer).lr !== "number")
      return `${optimizer.type} was given no learning rate`;
    if (what !== "resume" && this.sent >= this.extent.steps) return "the last step is done or on its way";
    return undefined;
  }

  /** Logged, shown, then made. */
  #make(control: Controlled): void {
    this.telling.control(control);
    this.steering.add(control);
    this.telling.progress(this.standing, true);
  }

  /** Changes runs that train side by side: at the same step, and all of them or none. */
  static steer(courses: readonly Course[], given: RunControl): Applied {
    const step = Math.max(...courses.map((course) => course.#next(given)));
    const changes = courses.map((course) => course.#prepare(given, step));
    const why = changes.find((change) => typeof change === "string");
    if (why !== undefined) return { applied: false, step, why };
    for (const [i, course] of courses.entries()) course.#make({ step, change: changes[i] as RunChange });
    return { applied: true, step, why: "" };
  }

  get #rest(): RestOfPlan {
    const { steps } = this.extent;
    const from = Math.min(this.sent, steps);
    const count = Math.min(PLAN_PLACES, steps - from);
    const places = Array.from({ length: count }, (_, i) =>
      count === 1 ? from : from + Math.round((i * (steps - 1 - from)) / (count - 1)),
    );
    const rates = (at: ScalarsAt) => places.map((step) => at(step, 0).hyper.lr ?? Number.NaN);
    return { steps: places, lr: rates(this.scalars), planned: rates(this.#planned) };
  }

  /** Waits as long as it is paused, once nothing is on its way any more; `save` gives the state on the device. */
  async hold(save: () => Promise<RunState>, signal: AbortSignal): Promise<void> {
    const began = performance.now();
    this.#checkpoint(await save(), "paused");
    this.telling.progress(this.standing, true);
    await this.steering.resumed(signal);
    this.#startedAt += performance.now() - began;
    this.telling.resumed(this.step);
  }

  /** Rows of the steps from `from` on, each of `batch` examples, up to the first that was not finite. */
  take(from: number, batch: number, scalars: readonly StepScalars[], rows: Rows): void {
    if (this.failure) return;
    const stopped = (rows.ok as Float64Array).indexOf(0);
    const count = stopped < 0 ? scalars.length : stopped;
    this.#sums.add(rows, scalars.length, 0, count);
    this.step = from + count;
    if (count > 0) {
      const done = scalars.slice(0, count);
      const loss = Array.from((rows.loss as Float64Array).subarray(0, count));
      const norms = Array.from((rows["gradient norm squared"] as Float64Array).subarray(0, count), Math.sqrt);
      const lr = done.map(({ hyper }) => hyper.lr ?? Number.NaN);
      const momentum = done.map(({ hyper }) => hyper.momentum ?? hyper["betas[0]"] ?? Number.NaN);
      this.#lastLoss = loss.at(-1) as number;
      this.#lastLr = lr.at(-1) as number;
      this.instruments.strip.add(from + 1, count, rows, scalars);
      this.telling.steps(from + 1, loss, lr, norms, momentum, Array.from(rows.penalty?.subarray(0, count) ?? []));
    }
    if (stopped >= 0) this.failure = { step: this.step + 1, batch, scalars: scalars[stopped] as StepScalars };
    this.telling.progress(this.standing);
  }

  get standing(): Standing {
    const { paused, stopping } = this.steering;
    const [trainLoss, lr, figures] = [this.#lastLoss, this.#lastLr, this.#figures];
    return { step: this.step, trainLoss, lr, figures, paused, stopping };
  }

  /** Whether `epoch`, from 0, whose steps are done, ends with a validation. */
  closes(epoch: number): boolean {
    const due = (epoch + 1) % this.#options.validateEvery === 0 || this.step === this.extent.steps;
    const validates = this.experiment.splits.valid !== undefined && (due || this.steering.stopsAt(this.step));
    // a wish to stop may still come while it validates
    if (!validates) this.#close();
    return validates;
  }

  #close(): void {
    if (this.#closed === this.step) return;
    this.#closed = this.step;
    this.#stops = this.step < this.extent.steps && this.steering.stopsAt(this.step);
  }

  /**
   * Tells of `epoch`, from 0, keeps what is best, and from time to time what `save` gives: the state on the device. True
   * when early stopping, or somebody by hand, says that it is enough. `averaged` are the figures of the averaged weights on the validation set.
   */
  async endEpoch(
    epoch: number,
    valid: Readonly<Record<string, number>> | undefined,
    save: () => Promise<RunState>,
    averaged?: Readonly<Record<string, number>>,
  ): Promise<boolean> {
    this.#close();
    const last = this.step === this.extent.steps;
    const train = this.#sums.figures;
    // a run of so many steps may end within an epoch: a continuation goes on with its sums
    if (this.step % this.extent.stepsPerEpoch === 0) {
      this.#sums = new Tally(this.experiment.config);
      this.#tellSchedule(train, valid);
    }
    this.#figures = { ...named("train", train), ...named("valid", valid ?? {}) };
    this.telling.epoch(epoch + 1, this.step, train, valid, averaged);
    this.telling.progress(this.standing, last);
    const enough = (valid !== undefined && (await this.#watch(epoch, valid, save))) || this.#stops;
    const due = performance.now() - this.#lastCheckpoint > CHECKPOINT_MS;
    const keeps = this.#keeps?.due(epoch + 1, performance.now() - this.#startedAt) === true;
    if ((due || keeps) && !last && !enough) {
      const state = await save();
      if (due) this.#checkpoint(state, "time");
      if (keeps) this.#keep(epoch + 1, state);
    }
    return enough;
  }

  /** What waits for figures gets those of an epoch; a fall of the rate that they cause is marked. */
  #tellSchedule(train: Readonly<Record<string, number>>, valid: Readonly<Record<string, number>> | undefined): void {
    const { schedule } = this.#options;
    if (!schedule || monitorsOf(schedule).length === 0) return;
    const validates = this.experiment.splits.valid !== undefined;
    this.#seen.push({ step: this.step, train, ...(validates ? { valid: valid ?? null } : {}) });
    const drop = this.#dropAt(this.step);
    if (drop && drop.step !== this.#dropped?.step) this.telling.drop(drop);
    this.#dropped = drop;
  }

  #dropAt(step: number): Drop | undefined {
    const { schedule } = this.#options;
    const { lr = 0 } = hyperparameters(this.experiment.config.optimizer);
    if (!schedule) return undefined;
    const place = { step, seen: this.#seen, higher: higherOf(this.experiment), ...this.extent };
    return scheduleAt(schedule, lr, place).drop;
  }

  /** Early stopping's look at a validation: keeps the weights of the best. True when it is enough. */
  async #watch(
    epoch: number,
    valid: Readonly<Record<string, number>>,
    save: () => Promise<RunState>,
  ): Promise<boolean> {
    if (!this.#stopping) return false;
    const { value, improved, stop } = this.#stopping.observe(valid);
    if (improved) {
      const { parameters, running } = await save();
      const progress = { epoch: epoch + 1, step: this.step, value, waited: 0, final: this.#figures };
      this.#best = { weights: { parameters, running }, progress };
    } else if (this.#best) {
      this.#best = { ...this.#best, progress: { ...this.#best.progress, waited: this.#stopping.waited } };
    }
    return stop;
  }

  #progress({ numbers }: RunState): Progress {
    const { seed, batchSize, accumulate, average, optimizer } = this.experiment.options;
    return {
      version: 1,
      run: this.telling.id,
      step: this.step,
      seed,
      batchSize,
      ...(accumulate > 1 && { accumulate }),
      optimizer: optimizer.type,
      ...(average && { average }),
      backend: this.#backend.name,
      partial: this.#sums.tallied,
      ...(numbers ? { numbers } : {}),
      ...(this.#seen.length ? { seen: this.#seen } : {}),
      ...(this.steering.made.length ? { controls: this.steering.made } : {}),
      best: this.#best?.progress ?? null,
    };
  }

  get #prepared(): Prepared | null {
    return this.experiment.splits.train.prepared;
  }

  #checkpoint(state: RunState, why: string): void {
    this.#lastCheckpoint = performance.now();
    this.#write("last", this.#checkpointOf(state), this.step, why);
  }

  #checkpointOf(state: RunState): Checkpoint {
    return {
      state,
      best: this.#best?.weights ?? null,
      progress: this.#progress(state),
      prepared: this.#prepared,
    };
  }

  #write(name: string, checkpoint: Checkpoint, step: number, why: string): void {
    const { folder } = this.telling;
    if (folder === null) return;
    const file = join("checkpoints", `${name}.safetensors`);
    try {
      // a folder that was moved away does not come back
      writeCheckpoint(join(folder, file), this.experiment.config.model, checkpoint, false);
    } catch (error) {
      this.telling.verify(dirname(file));
      throw error;
    }
    this.#saved = { file, step };
    this.telling.checkpoint(file, step, why);
  }

  /** Leaves `epoch`, from 1, to go back to, and lets go of others. */
  #keep(epoch: number, state: RunState): void {
    const began = performance.now();
    const name = `step-${this.step}`;
    this.#write(name, this.#checkpointOf(state), this.step, "epoch");
    const kept = { file: join("checkpoints", `${name}.safetensors`), epoch, step: this.step };
    for (const { file, step } of this.#keeps?.wrote(kept, performance.now() - began) ?? []) {
      this.telling.removed(file, step);
      rmSync(join(this.telling.folder ?? "", file), { force: true });
    }
  }

  /** What a run that breaks off leaves behind. */
  get left(): string {
    const { folder } = this.telling;
    if (folder === null) return "the notebook has no file yet, so no checkpoint was written";
    // gone, or going
    if (!existsSync(join(folder, this.#saved?.file ?? "checkpoints")))
      return "and what it had kept is where its folder is now";
    if (this.#saved === null) return `no checkpoint had been written yet; the log is in ${folder}`;
    return `the checkpoint of step ${this.#saved.step} is ${join(folder, this.#saved.file)}`;
  }

  /**
   * Keeps the state that is on the device, which is the last good one whatever happened. Returns the weights that the run
   * ends with: those, or the best epoch's when early stopping brings them back.
   */
  settle(stopped: RunSummary["stopped"], state: RunState): Weights {
    this.#checkpoint(state, stopped);
    const best = this.#best;
    const restores = this.#stopping?.options.restoreBest === true && stopped !== "interrupted";
    let weights: Weights = state;
    if (restores && best && best.progress.step !== this.step) {
      this.#figures = { ...best.progress.final };
      weights = best.weights;
      this.#write("best", weightsOnly(weights, this.#prepared), best.progress.step, "best");
    }
    this.#kept = { state, weights };
    return weights;
  }

  /** The last good state, once settled. */
  get state(): RunState {
    return (this.#kept as { state: RunState }).state;
  }

  /** The run, once settled; `test` is what its weights come to on the test set. */
  finish(
    stopped: RunSummary["stopped"],
    {
      test = {},
      trace = [],
      averaged,
    }: {
      test?: Readonly<Record<string, number>> | undefined;
      trace?: readonly Snapshot[];
      averaged?: Averaged | undefined;
    },
  ): Run {
    const { state, weights } = this.#kept as { state: RunState; weights: Weights };
    Object.assign(this.#figures, named("test", test));
    this.telling.progress(this.standing, true);
    const record = this.telling.end({
      id: this.telling.id,
      name: this.telling.name,
      folder: this.telling.folder,
      backend: this.#backend.name,
      adapter: this.#backend.adapter,
      steps: this.step,
      epochs: Math.ceil(this.step / this.extent.stepsPerEpoch),
      seconds: (performance.now() - this.#startedAt) / 1000,
      stopped,
      final: Number.isNaN(this.#lastLoss) ? this.#figures : { trainLoss: this.#lastLoss, ...this.#figures },
    });
    const checkpoint = this.#checkpointOf(state);
    const average = averaged && averagedRun(record, this.experiment, averaged);
    const run = new Run(record, this.experiment, checkpoint, weights, trace, this.instruments, average);
    this.experiment.keep(run);
    return run;
  }
}

/** About the size of a checkpoint. */
function bytesOf({ config, runConfig }: Experiment): number {
  const { parameters, running, trained } = config.model;
  return 4 * (parameters.words + running.words + statesOf(runConfig).length * trained.words);
}
