import type { Plan } from "../backends/launch.ts";
import type { RunContext } from "../context/index.ts";
import { BackendError, Interrupted, NonFiniteError, StorageError } from "../errors/index.ts";
import { isStart } from "../init/index.ts";
import { isFullBatch } from "../optim/index.ts";
import type { RunSummary } from "../protocol/index.ts";
import { type Averaged, measureAveraged } from "./averaged.ts";
import { Course } from "./course.ts";
import { DeviceModel, type RunState } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { type Feed, feedOf } from "./feed.ts";
import type { DeviceData } from "./forward.ts";
import { type OnDevice, trainFullBatch } from "./fullBatch.ts";
import { DeviceClock, LiveChart, Watch } from "./instruments/index.ts";
import { nonFinite } from "./nonFinite.ts";
import type { FitOptions } from "./options.ts";
import { beganOn } from "./resume.ts";
import { backendFor } from "./rivals.ts";
import type { Run } from "./run.ts";
import { startingWeights } from "./starting.ts";
import { Trace } from "./trace.ts";

/** A submit should take about this long: short enough to stop at once, long enough to keep the device busy. */
const SUBMIT_MS = 60;
const MAX_SUBMIT = 1024;
/** Submits under way at a time, and those of single steps between looks. */
const FLYING = 2;
const FLYING_CUT = 6;

/** What compiling a step took at most: the next run finds it done, and takes from it what its looks will cost. */
const prepared = new WeakMap<Plan, number>();

/** Trains `experiment` as `options` say, inside a cell. See `Experiment.fit`. */
export async function trainRun(experiment: Experiment, options: FitOptions, context: RunContext): Promise<Run> {
  if (context.signal.aborted) throw new Interrupted("interrupted before training began");
  const backend = await backendFor(experiment, beganOn(experiment, options.resume), context);
  const device = new DeviceModel(backend, experiment.runConfig);
  try {
    const { from } = options;
    const weights = isStart(from) ? await startingWeights(experiment, from, device, context) : undefined;
    const given = { backend, device, weights };
    if (isFullBatch(experiment.config.optimizer)) return await trainFullBatch(experiment, options, context, given);
    return await new Fit(experiment, options, context, given).run();
  } finally {
    device.dispose();
  }
}

/** One run under way, on its device. */
class Fit {
  readonly #experiment: Experiment;
  readonly #context: RunContext;
  readonly #device: DeviceModel;
  readonly #feed: Feed;
  readonly #data: DeviceData;
  readonly #course: Course;
  readonly #trace: Trace;
  readonly #clock = new DeviceClock();
  #looks: Watch | null = null;
  #live: LiveChart | null = null;
  /** What compiling the training step took. */
  #preparedMs = 0;
  #chunk = 4;

  constructor(
    experiment: Experiment,
    options: FitOptions,
    context: RunContext,
    { backend, device, weights }: OnDevice,
  ) {
    this.#experiment = experiment;
    this.#context = context;
    this.#device = device;
    this.#feed = feedOf(device, experiment, context.signal);
    this.#data = this.#feed.data;
    this.#course = new Course(experiment, options, context, { backend, data: this.#data, weights });
    device.load(this.#course.beginning);
    this.#trace = new Trace(options.trace, device, this.#course.step, this.#course.extent.steps);
  }

  async run(): Promise<Run> {
    const course = this.#course;
    let released: (() => void) | undefined;
    try {
      const began = performance.now();
      const { plan } = await this.#device.training(this.#data, this.#experiment.stepSize);
      this.#preparedMs = Math.max(performance.now() - began, prepared.get(plan) ?? 0);
      prepared.set(plan, this.#preparedMs);
      course.start();
      released = this.#context.steered?.(course.steered);
      if (this.#trace.due(course.step)) await this.#trace.take(course.step, this.#device);
      return await this.#end(await this.#epochsUntilDone());
    } catch (error) {
      if (error instanceof NonFiniteError) throw error; // such a run has ended and been told
      course.telling.failed(error);
      const Named = [BackendError, StorageError].find((known) => error instanceof known);
      if (Named === undefined) throw error;
      const { message } = error as Error;
      throw new Named(`${message}; training stopped after step ${course.step}, ${course.left}`, { cause: error });
    } finally {
      released?.();
      course.telling.close();
    }
  }

  /** `next` updates are sent. */
  async #beginWatch(next: number): Promise<Watch> {
    const { telling, instruments, watched, pace, from, extent } = this.#course;
    const message = `${telling.name}: preparing instruments`;
    this.#context.emit({ event: "progress", done: 0, total: null, unit: "steps", message, run: null });
    const watch = await Watch.begin({
      instruments,
      watched,
      pace,
      clock: this.#clock,
      device: this.#device,
      data: this.#data,
      batch: this.#experiment.stepSize,
      from,
      now: next,
      to: extent.steps,
      told: (step, row) => {
        telling.look(step, row);
        this.#live?.update();
      },
    });
    telling.looks(instruments.looks?.columns ?? [], watched);
    // economy leaves the page as it is: its looks are for later
    if (instruments.mode !== "economy") {
      this.#live = new LiveChart(this.#context, instruments, telling.name, extent.steps);
    }
    return watch;
  }

  async #epochsUntilDone(): Promise<RunSummary["stopped"]> {
    const course = this.#course;
    const { steps, stepsPerEpoch } = course.extent;
    while (course.step < steps) {
      const epoch = Math.floor(course.step / stepsPerEpoch);
      const end = Math.min((epoch + 1) * stepsPerEpoch, steps);
      this.#feed.begin(epoch);
      await this.#stepsUntil(end, epoch * stepsPerEpoch);
      if (course.failure) return "non-finite";
      if (course.step === end && (await this.#endEpoch(epoch))) return "early";
      if (this.#context.signal.aborted && course.step < steps) return "interrupted";
    }
    return "finished";
  }

  /** Trains to step `end` of the epoch that began at step `epochStart`, two submits under way at a time. */
  async #stepsUntil(end: number, epochStart: number): Promise<void> {
    const course = this.#course;
    const { stepSize } = this.#experiment;
    const whole = epochStart + Math.floor(this.#data.count / stepSize);
    const flying: Promise<unknown>[] = [];
    const settled = async () => {
      for (const submit of flying.splice(0)) await submit;
      return !course.failure && !this.#context.signal.aborted;
    };
    for (let next = course.step; next < end && !this.#context.signal.aborted && !course.failure; ) {
      if (course.steering.paused) {
        if (await settled()) await course.hold(() => this.#device.save(), this.#context.signal);
        continue;
      }
      // looks compute about what a step does, with statistics besides: many small launches to compile
      if (this.#looks === null && course.pace.begins(4 * this.#preparedMs)) this.#looks = await this.#beginWatch(next);
      const there = await this.#feed.ready((next - epochStart) * stepSize, settled);
      if (there === 0) break;
      const full = next < whole;
      const batch = full ? stepSize : this.#data.count % stepSize;
      const looked = this.#looks?.at(next, full, () => course.scalars(next, epochStart));
      const near = Math.floor(there / stepSize);
      const free = Math.min(this.#chunk, near, whole - next, end - next, this.#trace.until(next));
      const count = full ? Math.min(free, this.#looks?.until(next) ?? free) : 1;
      const cut = full && count < free;
      course.send(next + count);
      const submit = Promise.all([looked, this.#submit(next, count, batch, epochStart, cut)]);
      // one that fails while the one before it is awaited is no stray rejection
      submit.catch(() => {});
      flying.push(submit);
      next += count;
      const snapshot = this.#trace.due(next);
      while (flying.length >= (snapshot ? 1 : cut ? FLYING_CUT : FLYING)) await flying.shift();
      if (snapshot) await this.#trace.take(course.step, this.#device);
    }
    for (const submit of flying) await submit;
  }

  /** Sends steps [from, from + count) to the device; resolves once their rows are taken in. */
  async #submit(from: number, count: number, batch: number, epochStart: number, cut: boolean): Promise<void> {
    const scalars = Array.from({ length: count }, (_, i) => this.#course.scalars(from + i, epochStart));
    const began = performance.now();
    const { value: rows, ms: busy } = await this.#clock.time(this.#device.train(this.#data, batch, scalars));
    const ms = Math.max(0.05, performance.now() - began);
    if (batch === this.#experiment.stepSize) this.#course.pace.trained(count, busy, cut);
    if (count === this.#chunk) {
      this.#chunk = Math.max(1, Math.min(MAX_SUBMIT, 2 * this.#chunk, Math.round((count * SUBMIT_MS) / ms)));
    }
    this.#course.take(from, batch, scalars, rows);
  }

  /** Validates and tells. True when early stopping, or somebody by hand, says that it is enough. */
  async #endEpoch(epoch: number): Promise<boolean> {
    const { valid } = this.#experiment.splits;
    const validates = this.#course.closes(epoch);
    const figures =
      valid && validates ? await this.#device.evaluateSet("valid", valid, this.#context.signal) : undefined;
    const averaged =
      figures && this.#experiment.options.average
        ? await this.#averaged(await this.#device.save(), ["valid"])
        : undefined;
    return await this.#course.endEpoch(epoch, figures, () => this.#device.save(), averaged?.valid);
  }

  /** What the average of the weights comes to, where one is kept. */
  async #averaged(state: RunState, parts: readonly ("valid" | "test")[]): Promise<Averaged | undefined> {
    const { step, extent } = this.#course;
    const { stepsPerEpoch } = extent;
    return await measureAveraged(this.#device, this.#experiment, { state, step, stepsPerEpoch }, parts);
  }

  async #end(stopped: RunSummary["stopped"]): Promise<Run> {
    const course = this.#course;
    if (!course.failure) await this.#looks?.end(course.step, course.scalars(course.step, course.step));
    this.#live?.end();
    const state = await this.#device.save();
    const weights = course.settle(stopped, state);
    const { test } = this.#experiment.splits;
    const tests = test && stopped !== "interrupted" && stopped !== "non-finite";
    const averaged = await this.#averaged(state, tests ? ["valid", "test"] : ["valid"]);
    if (weights !== state) this.#device.load(weights);
    const run = course.finish(stopped, {
      averaged,
      ...(tests ? { test: await this.#device.evaluateSet("test", test, this.#context.signal) } : {}),
      trace: this.#trace.snapshots,
    });
    if (course.failure) throw await nonFinite(this.#device, this.#data, course.failure, course.telling.folder);
    return run;
  }
}
