import type { RunContext, Steered } from "../context/index.ts";
import type { RunControl, RunStatus, RunSummary } from "../protocol/index.ts";
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
  #told: (step: number, now: boolean) => void = () => {};

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

  /** Calls `told` with the updates done from time to time; `now` when something was changed by hand. */
  async run(told: (step: number, now: boolean) => void): Promise<Run[]> {
    this.#told = told;
    for (const course of this.#courses) course.start();
    const released = this.#context.steered?.(this.#steered);
    try {
      return await this.#untilDone();
    } finally {
      released?.();
    }
  }

  async #untilDone(): Promise<Run[]> {
    const courses = this.#courses;
    const { steps, stepsPerEpoch } = (courses[0] as Course).extent;
    const { signal } = this.#context;
    let step = (courses[0] as Course).from;
    this.#told(step, true);
    while (step < steps && !signal.aborted && this.#ended.includes(null)) {
      const epoch = Math.floor(step / stepsPerEpoch);
      const end = Math.min((epoch + 1) * stepsPerEpoch, steps);
      const take = (rows: LaneRows) => {
        this.#take(rows, epoch * stepsPerEpoch);
        step = rows.from + rows.count;
        this.#told(step, false);
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

  /** The run that speaks for all: the first that goes on. */
  get #speaker(): Course {
    return this.#going[0] ?? (this.#courses[0] as Course);
  }

  /** Whether rates to come differ. They are asked of few places of the plan: of all runs at each of many would take long. */
  get #ownRates(): boolean {
    const { sent, extent } = this.#speaker;
    const places = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(sent + share * (extent.steps - 1 - sent)));
    const rates = this.#going.map((course) => places.map((step) => course.scalars(Math.max(0, step), 0).hyper.lr));
    return new Set(rates.map((own) => JSON.stringify(own))).size > 1;
  }

  /** Where they stand as one; figures are means over those that go on. */
  get status(): RunStatus {
    const speaker = this.#speaker;
    const [{ telling }] = this.#courses as [Course];
    const going = this.#going.length > 0 ? this.#going : this.#courses;
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const keys = Object.keys(speaker.standing.figures);
    const figures = keys.map((key) => [key, mean(going.map(({ standing }) => standing.figures[key] ?? Number.NaN))]);
    const alone = this.#courses.length === 1;
    const ownRates = !alone && this.#ownRates;
    const status = telling.status({
      ...speaker.standing,
      step: Math.max(...this.#courses.map(({ step }) => step)),
      trainLoss: mean(going.map(({ standing }) => standing.trainLoss)),
      lr: ownRates ? Number.NaN : speaker.standing.lr,
      figures: Object.fromEntries(figures) as Record<string, number>,
    });
    if (alone) return status;
    const runs = this.#courses.map(({ telling: { id, folder } }) => ({ id, folder }));
    return { ...status, name: this.#name, beside: { runs, ownRates } };
  }

  get #name(): string {
    const [{ telling }] = this.#courses as [Course];
    const others = this.#courses.length - 1;
    return others === 0 ? telling.name : `${telling.name} and ${others} beside it`;
  }

  /** All of them are changed as one; where rates differ they can be scaled, and not be made the same. */
  get #steered(): Steered {
    const speaker = () => this.#speaker;
    return {
      id: (this.#courses[0] as Course).telling.id,
      name: this.#name,
      control: (change: RunControl) => {
        const refused = (why: string) => ({ applied: false, step: this.#speaker.sent, why });
        if ((change.do === "set-lr" || change.do === "set-schedule") && this.#ownRates) {
          return refused(
            "the runs side by side have learning rates of their own, which one change would make the same; scale them all",
          );
        }
        const going = this.#going;
        if (going.length === 0) return refused("the run has ended");
        const answer = Course.steer(going, change);
        if (answer.applied) this.#told(speaker().step, true);
        return answer;
      },
      get rest() {
        return speaker().steered.rest;
      },
    };
  }

  async #hold(): Promise<void> {
    const states = await this.#training.lanes.save();
    const { signal } = this.#context;
    this.#told(this.#speaker.step, true);
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
      course.over = true;
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
      course.over = true;
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
