import type { RunContext, Steered } from "../context/index.ts";
import type { RunControl, RunSummary } from "../protocol/index.ts";
import { type Averaged, measureAveraged } from "./averaged.ts";
import { Course } from "./course.ts";
import { DeviceModel, type RunState, type StepScalars } from "./device.ts";
import { laneOf } from "./lanes.ts";
import type { LaneRows, LaneTraining } from "./laneTraining.ts";
import { leadersOf, type Replica } from "./replicaGroups.ts";
import type { Run } from "./run.ts";

/** Replicas under way side by side. */
export class LaneFit {
  readonly #training: LaneTraining;
  readonly #courses: readonly Course[];
  readonly #context: RunContext;
  /** For each lane, the first that has the same optimizer and schedule, which the host works out numbers for. */
  readonly #leaders: readonly number[];
  readonly #ended: (RunSummary["stopped"] | null)[];

  constructor(training: LaneTraining, group: readonly Replica[], courses: readonly Course[], context: RunContext) {
    this.#training = training;
    this.#courses = courses;
    this.#context = context;
    this.#leaders = leadersOf(group);
    this.#ended = courses.map(() => null);
    const { from } = courses[0] as Course;
    training.load(
      courses.map((course) => course.beginning),
      from,
    );
  }

  /** Calls `told` with the updates done from time to time. */
  async run(told: (step: number) => void): Promise<Run[]> {
    for (const course of this.#courses) course.start();
    const released = this.#context.steered?.(this.#steered);
    try {
      return await this.#untilDone(told);
    } finally {
      released?.();
    }
  }

  async #untilDone(told: (step: number) => void): Promise<Run[]> {
    const courses = this.#courses;
    const { steps, stepsPerEpoch } = (courses[0] as Course).extent;
    const { signal } = this.#context;
    let step = (courses[0] as Course).from;
    told(step);
    while (step < steps && !signal.aborted && this.#ended.includes(null)) {
      const epoch = Math.floor(step / stepsPerEpoch);
      const end = Math.min((epoch + 1) * stepsPerEpoch, steps);
      const take = (rows: LaneRows) => {
        this.#take(rows, epoch * stepsPerEpoch);
        step = rows.from + rows.count;
        told(step);
        return !this.#ended.includes(null);
      };
      const send = (until: number) => {
        for (const course of courses) course.send(until);
      };
      const held = () => (this.#going.some((course) => course.steering.paused) ? () => this.#hold() : undefined);
      await this.#training.run(end, signal, take, { send, held });
      if (step === end) await this.#endEpoch(epoch);
    }
    return await this.#end();
  }

  get #going(): Course[] {
    return this.#courses.filter((_, lane) => !this.#ended[lane]);
  }

  /** All of them are changed as one; rates only where they are the same for all. */
  get #steered(): Steered {
    const [first] = this.#courses as [Course];
    const { id, name } = first.steered;
    const rates = new Set(this.#courses.map((course) => JSON.stringify(course.steered.rest.lr)));
    const alone = this.#courses.length === 1;
    return {
      id,
      name: alone ? name : `${name} and ${this.#courses.length - 1} beside it`,
      control: (change: RunControl) => {
        const moves = change.do === "set-lr" || change.do === "set-schedule";
        if (moves && rates.size > 1) {
          const why = "the runs side by side have learning rates of their own, which one change would make the same";
          return { applied: false, step: first.sent, why };
        }
        const going = this.#going;
        return going.length > 0
          ? Course.steer(going, change)
          : { applied: false, step: first.sent, why: "the run has ended" };
      },
      get rest() {
        return first.steered.rest;
      },
    };
  }

  async #hold(): Promise<void> {
    const states = await this.#training.lanes.save();
    const { signal } = this.#context;
    await Promise.all(
      [...this.#courses.entries()]
        .filter(([lane]) => !this.#ended[lane])
        .map(([lane, course]) => course.hold(async () => states[lane] as RunState, signal)),
    );
  }

  #take({ from, count, batch, rows }: LaneRows, epochStart: number): void {
    const scalars = new Map<number, StepScalars[]>();
    for (const [lane, course] of this.#courses.entries()) {
      if (this.#ended[lane]) continue;
      const leader = this.#leaders[lane] as number;
      const own = scalars.get(leader) ?? Array.from({ length: count }, (_, i) => course.scalars(from + i, epochStart));
      scalars.set(leader, own);
      course.take(from, batch, own, laneOf(rows, lane, this.#courses.length, count));
      const { failure } = course;
      if (!failure) continue;
      this.#ended[lane] = "non-finite";
      course.failure = { ...failure, scalars: course.scalars(failure.step - 1, epochStart) };
    }
  }

  async #endEpoch(epoch: number): Promise<void> {
    const going = [...this.#courses.entries()].filter(([lane]) => !this.#ended[lane]);
    const [first] = going;
    if (!first) return;
    const validates = going.map(([, course]) => course.closes(epoch));
    const valid = validates[0] ? await this.#training.validate() : undefined;
    let saved: Promise<RunState[]> | undefined;
    const stopped: number[] = [];
    for (const [lane, course] of going) {
      const enough = await course.endEpoch(epoch, figuresOf(valid, lane), async () => {
        saved ??= this.#training.lanes.save();
        return (await saved)[lane] as RunState;
      });
      if (!enough) continue;
      this.#ended[lane] = "early";
      stopped.push(lane);
    }
    if (stopped.length > 0) this.#training.lanes.halt(stopped);
  }

  async #end(): Promise<Run[]> {
    const states = await this.#training.lanes.save();
    const stopped = this.#courses.map(
      ({ step, extent }, lane) => this.#ended[lane] ?? (step < extent.steps ? "interrupted" : "finished"),
    );
    const weights = this.#courses.map((course, lane) =>
      course.settle(stopped[lane] as RunSummary["stopped"], states[lane] as RunState),
    );
    const tested = (lane: number) => stopped[lane] === "finished" || stopped[lane] === "early";
    let test: Record<string, Float64Array> | undefined;
    if (stopped.some((_, lane) => tested(lane))) {
      if (weights.some((own, lane) => own !== states[lane])) this.#training.lanes.load(weights);
      test = await this.#training.test();
    }
    const averages = await this.#averages(states, tested);
    return this.#courses.map((course, lane) =>
      course.finish(stopped[lane] as RunSummary["stopped"], {
        averaged: averages[lane],
        ...(tested(lane) ? { test: figuresOf(test, lane) ?? {} } : {}),
      }),
    );
  }

  /** What the averages of the lanes come to, one after the other on a model of its own. */
  async #averages(states: readonly RunState[], tested: (lane: number) => boolean): Promise<(Averaged | undefined)[]> {
    const [{ experiment }] = this.#courses as [Course];
    if (!experiment.options.average) return [];
    const device = new DeviceModel(this.#training.backend, experiment.runConfig);
    try {
      const found: (Averaged | undefined)[] = [];
      for (const [lane, { experiment: own, step, extent }] of this.#courses.entries()) {
        const state = states[lane] as RunState;
        const at = { state, step, stepsPerEpoch: extent.stepsPerEpoch };
        found.push(await measureAveraged(device, own, at, tested(lane) ? ["valid", "test"] : ["valid"]));
      }
      return found;
    } finally {
      device.dispose();
    }
  }
}

const figuresOf = (
  all: Readonly<Record<string, Float64Array>> | undefined,
  lane: number,
): Record<string, number> | undefined =>
  all && Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values[lane] as number]));
