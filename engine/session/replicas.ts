import { randomUUID } from "node:crypto";
import type { Backend } from "../backends/backend.ts";
import type { RunContext } from "../context/index.ts";
import { BackendError, Interrupted } from "../errors/index.ts";
import { isStart } from "../init/index.ts";
import type { RunHistory, RunLogGroup, RunStatus, RunSummary } from "../protocol/index.ts";
import { Course, extentOf } from "./course.ts";
import { DeviceModel } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { LaneFit } from "./laneFit.ts";
import { LanesDoNotFit } from "./lanes.ts";
import type { LaneTraining } from "./laneTraining.ts";
import type { Weights } from "./model.ts";
import { nonFinite } from "./nonFinite.ts";
import type { FitOptions } from "./options.ts";
import { type Replica, replicaGroups, trainingOf } from "./replicaGroups.ts";
import { beganOn } from "./resume.ts";
import { backendFor } from "./rivals.ts";
import type { Run } from "./run.ts";
import { startingWeights } from "./starting.ts";

/** A replica as it goes on, or its run. */
export interface ReplicaView {
  readonly name: string;
  readonly experiment: Experiment;
  readonly history: RunHistory;
  readonly final: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly stopped: RunSummary["stopped"];
}

/** What those who watch are told from time to time. */
export interface ReplicaNews {
  /** In the order of the replicas; undefined before one has begun. */
  readonly views: () => readonly (ReplicaView | undefined)[];
  /** Optimizer updates of the groups so far and in all: one for all lanes of a plan. */
  readonly done: number;
  readonly total: number;
  readonly lanes: number;
  readonly epoch: number;
  readonly epochs: number;
  /** Where those of the plan under way stand. */
  readonly status: () => RunStatus;
  /** Something was changed by hand: it is to be told at once. */
  readonly now: boolean;
}

/** What replicas are to those who see their logs: runs of one call. */
export interface ReplicaCall {
  /** What was called. */
  readonly name: string;
  /** The experiment that they are made from, which cells have a name for. */
  readonly of: Experiment;
  /** What is varied in each, in words. */
  readonly labels: readonly string[];
}

export interface TrainedReplicas {
  /** In the order of the replicas; undefined for those that an interrupt left out. */
  readonly runs: readonly (Run | undefined)[];
  /** How many trained side by side, one number for each plan. */
  readonly lanes: readonly number[];
  /** Why some had to wait for others, and what became of those that were not finite. */
  readonly notes: readonly string[];
}

/**
 * Trains replicas as `fit` would train each, side by side in one plan where they have one in common and there is memory for
 * it, one group after the other where not. On the CPU each is the run that `fit` gives, to the bits. One that is not finite
 * stops alone with its last good state, as does one that early stopping ends.
 */
export async function trainReplicas(
  replicas: readonly Replica[],
  context: RunContext,
  told: (news: ReplicaNews) => void,
  call?: ReplicaCall,
): Promise<TrainedReplicas> {
  if (context.signal.aborted) throw new Interrupted("interrupted before training began");
  const [first] = replicas;
  if (first === undefined) return { runs: [], lanes: [], notes: [] };
  // all where \`fit\` would train the first
  const { experiment, options } = first;
  const backend = await backendFor(experiment, beganOn(experiment, options.resume), context);
  return await new Replicas(replicas, context, backend, told, call).run();
}

class Replicas {
  readonly #replicas: readonly Replica[];
  readonly #context: RunContext;
  readonly #backend: Backend;
  readonly #told: (news: ReplicaNews) => void;
  readonly #groupOf: (replica: Replica) => RunLogGroup;
  readonly #courses = new Map<Replica, Course>();
  readonly #runs = new Map<Replica, Run>();
  readonly #lanes: number[] = [];
  readonly #notes: string[] = [];
  #done = 0;
  #total = 0;

  constructor(
    replicas: readonly Replica[],
    context: RunContext,
    backend: Backend,
    told: (news: ReplicaNews) => void,
    call?: ReplicaCall,
  ) {
    this.#replicas = replicas;
    this.#context = call ? { ...context, nameOf: (value) => nameIn(context, value, replicas, call) } : context;
    this.#backend = backend;
    this.#told = told;
    const id = randomUUID();
    this.#groupOf = (replica) => {
      const label = call?.labels[replicas.indexOf(replica)] ?? replica.experiment.name;
      return { id, name: call?.name ?? "replicas", label };
    };
  }

  async run(): Promise<TrainedReplicas> {
    const groups = replicaGroups(this.#replicas);
    this.#total = groups.reduce((sum, group) => sum + stepsOf(group), 0);
    for (const group of groups) await this.#group(group);
    return { runs: this.#replicas.map((r) => this.#runs.get(r)), lanes: this.#lanes, notes: this.#notes };
  }

  /** Trains those of one plan, in equal parts where memory does not take all. */
  async #group(group: readonly Replica[]): Promise<void> {
    if (this.#context.signal.aborted) return;
    const courses: Course[] = [];
    const training = trainingOf(this.#backend, group, courses);
    try {
      await training.prepare();
    } catch (error) {
      training.dispose();
      if (!(error instanceof LanesDoNotFit) || error.most === 0 || group.length === 1) throw error;
      const parts = Math.max(2, Math.ceil(group.length / error.most));
      const size = Math.ceil(group.length / parts);
      this.#notes.push(`${error.message}: trained ${size === 1 ? "one after the other" : `${size} at a time`}`);
      this.#total += (parts - 1) * stepsOf(group);
      for (let from = 0; from < group.length; from += size) await this.#group(group.slice(from, from + size));
      return;
    }
    try {
      await this.#train(training, group, courses);
    } finally {
      training.dispose();
    }
  }

  async #train(training: LaneTraining, group: readonly Replica[], courses: Course[]): Promise<void> {
    try {
      for (const replica of group) {
        const { experiment, options } = replica;
        const weights = await this.#begin(experiment, options);
        const given = { backend: this.#backend, data: training.data, weights, group: this.#groupOf(replica) };
        courses.push(new Course(experiment, options, quiet(this.#context), given));
      }
      this.#lanes.push(group.length);
      for (const [i, replica] of group.entries()) this.#courses.set(replica, courses[i] as Course);
      const before = this.#done;
      const fit = new LaneFit(training, group, courses, this.#context);
      const runs = await fit.run((step, now) => this.#tell(fit, courses, before + step, now));
      for (const [i, replica] of group.entries()) this.#runs.set(replica, runs[i] as Run);
      this.#done = before + (courses[0]?.extent.steps ?? 0);
      training.dispose(); // room for a look at those that are not finite
      this.#notes.push(...(await notFinite(courses, this.#backend)));
    } catch (error) {
      for (const course of courses) course.telling.failed(error);
      if (!(error instanceof BackendError)) throw error;
      const step = Math.max(0, ...courses.map((course) => course.step));
      throw new BackendError(`${error.message}; training stopped after step ${step}, ${courses[0]?.left ?? ""}`, {
        cause: error,
      });
    } finally {
      for (const course of courses) course.telling.close();
    }
  }

  /** The weights of a replica that are made by looking at data. */
  async #begin(experiment: Experiment, { from }: FitOptions): Promise<Weights | undefined> {
    if (!isStart(from)) return undefined;
    const device = new DeviceModel(this.#backend, experiment.config);
    try {
      return await startingWeights(experiment, from, device, this.#context);
    } finally {
      device.dispose();
    }
  }

  #tell(fit: LaneFit, courses: readonly Course[], done: number, now: boolean): void {
    const step = Math.max(...courses.map((course) => course.step));
    const { epochs, stepsPerEpoch } = (courses[0] as Course).extent;
    this.#told({
      views: () =>
        this.#replicas.map((replica) => {
          const course = this.#courses.get(replica);
          return this.#runs.get(replica) ?? (course && viewOf(course));
        }),
      done,
      total: this.#total,
      lanes: courses.length,
      epoch: Math.max(1, Math.ceil(step / stepsPerEpoch)),
      epochs,
      status: () => fit.status,
      now,
    });
  }
}

const stepsOf = ([first]: readonly Replica[]): number =>
  first ? extentOf(first.experiment, first.options, first.experiment.splits.train.size).steps : 0;

/** A replica under way, as it is now. */
const viewOf = ({ telling, experiment, standing, step, failure }: Course): ReplicaView => ({
  name: telling.name,
  experiment,
  history: telling.history,
  final: standing.figures,
  steps: step,
  stopped: failure ? "non-finite" : "interrupted",
});

/** Says of every lane that is not finite which tensor was the first. */
async function notFinite(courses: readonly Course[], backend: Backend): Promise<string[]> {
  const failed = courses.filter((course) => course.failure);
  const [first] = failed;
  if (!first) return [];
  const device = new DeviceModel(backend, first.experiment.config);
  try {
    const data = device.upload("train", first.experiment.splits.train);
    const notes: string[] = [];
    for (const { failure, experiment, extent, telling, state } of failed) {
      if (!failure) continue;
      device.load(state);
      device.setOrder(experiment.epochOrder(Math.floor((failure.step - 1) / extent.stepsPerEpoch)));
      notes.push(`${telling.name}: ${(await nonFinite(device, data, failure, telling.folder)).message}`);
    }
    return notes;
  } finally {
    device.dispose();
  }
}

/** Experiments of replicas have no name of their own in the cells. */
const nameIn = (context: RunContext, value: object, replicas: readonly Replica[], { of }: ReplicaCall): string | null =>
  context.nameOf?.(replicas.some(({ experiment }) => experiment === value) ? of : value) ?? null;

/** One chart is shown of all: of each run the client hears only what it came to. */
const quiet = (context: RunContext): RunContext => ({
  cell: context.cell,
  ...(context.textHash && { textHash: context.textHash }),
  ...(context.version && { version: context.version }),
  ...(context.nameOf && { nameOf: context.nameOf }),
  signal: context.signal,
  emit: (event) => {
    if (event.event === "run") context.emit(event);
  },
  log: (level, text) => context.log(level, text),
  freshId: (prefix) => context.freshId(prefix),
  runFolder: context.runFolder,
  notebookFolder: context.notebookFolder,
  backend: () => context.backend(),
  ...(context.rivals && { rivals: context.rivals.bind(context) }),
  shield: (work) => context.shield(work),
});
