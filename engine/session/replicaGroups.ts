import type { Backend } from "../backends/backend.ts";
import { input, topological } from "../ops/index.ts";
import { hyperparameters, isShareOfRate, stateNames, traceUpdate } from "../optim/index.ts";
import type { Controlled, RunExtent } from "../protocol/index.ts";
import { monitorsOf, scheduleAt } from "../schedules/index.ts";
import { type Course, extentOf } from "./course.ts";
import type { Experiment } from "./experiment.ts";
import { LaneTraining } from "./laneTraining.ts";
import type { FitOptions } from "./options.ts";
import { updateRanges } from "./ranges.ts";
import { Run } from "./run.ts";
import { type ScalarsAt, scalarsOf } from "./scalars.ts";

/** A run that may train beside others: an experiment of its own and what `fit` would be given. */
export interface Replica {
  readonly experiment: Experiment;
  readonly options: FitOptions;
}

/**
 * Replicas that one plan can train side by side: all that decides what a step computes is the same, but for seeds and the
 * numbers that the host works out. In the order in which they are given.
 */
export function replicaGroups(replicas: readonly Replica[]): Replica[][] {
  const identities = new Map<unknown, number>();
  const id = (thing: unknown): number => {
    identities.set(thing, identities.get(thing) ?? identities.size);
    return identities.get(thing) as number;
  };
  const plain = (_: string, value: unknown) => (typeof value === "function" ? id(value) : value);
  const groups = new Map<string, Replica[]>();
  for (const replica of replicas) {
    const { experiment, options } = replica;
    const { data, model, loss, metrics, regularize, clip, batchSize, accumulate, average, shuffle, dropLast } =
      experiment.options;
    const { epochs, steps, validateEvery, resume } = options;
    const changes = changesOf(replica);
    // rates may be each run's own: the host works them out
    const kinds = typeof changes === "string" ? changes : changes.map(({ step, change }) => [step, change.do]);
    const from = resume === null || typeof resume === "string" ? resume : (resume.progress?.step ?? null);
    const key = JSON.stringify(
      [
        [id(data), id(model), loss, metrics, regularize, clip, batchSize, accumulate, average, shuffle, dropLast],
        [epochs, steps, validateEvery, from, kinds],
        structureOf(experiment),
      ],
      plain,
    );
    groups.set(key, [...(groups.get(key) ?? []), replica]);
  }
  return [...groups.values()];
}

/**
 * The training of a group, without weights as yet. What the host works out for a step it works out once for lanes that have
 * optimizer and schedule in common. `courses` is filled before it trains: a schedule may wait for a run's own figures.
 */
export function trainingOf(backend: Backend, group: readonly Replica[], courses: readonly Course[] = []): LaneTraining {
  const { experiment, options } = group[0] as Replica;
  const extent = extentOf(experiment, options, experiment.splits.train.size);
  const leaders = leadersOf(group);
  const varying = varyingOf(group, leaders, extent);
  const scalars = group.map((replica) => scalarsOf(replica.experiment, replica.options.schedule, extent));
  // what is changed by hand is changed of those that go on
  const going = (wanted: (lane: number) => boolean, otherwise: number): number => {
    const found = leaders.findIndex((_, lane) => wanted(lane) && courses[lane]?.over !== true);
    return found < 0 ? otherwise : found;
  };
  const hyper = (lane: number, step: number) => (courses[lane]?.scalars ?? (scalars[lane] as ScalarsAt))(step, 0).hyper;
  const byLane = (step: number) => {
    const led = new Map(
      [...new Set(leaders)].map((leader) => [
        leader,
        hyper(
          going((lane) => leaders[lane] === leader, leader),
          step,
        ),
      ]),
    );
    return Object.fromEntries(varying.map((name) => [name, leaders.map((lane) => led.get(lane)?.[name] as number)]));
  };
  return new LaneTraining(backend, experiment, {
    seeds: group.map((replica) => replica.experiment.options.seed),
    weights: null,
    metrics: experiment.options.metrics,
    averages: true,
    shared: (step) =>
      hyper(
        going(() => true, 0),
        step,
      ),
    ...(varying.length > 0 ? { byLane } : {}),
  });
}

/** Hyperparameters that may differ by lane at some step. */
function varyingOf(group: readonly Replica[], leaders: readonly number[], extent: RunExtent): string[] {
  const different = leaders.some((leader) => leader !== leaders[0]);
  if (!different) return [];
  const numbers = group.map(({ experiment }) => hyperparameters(experiment.config.optimizer));
  const [first] = numbers as [Readonly<Record<string, number>>];
  const changed = new Set(group.map((replica) => JSON.stringify(changesOf(replica)))).size > 1;
  const driven = group.flatMap(({ options: { schedule } }, i) => {
    if (!schedule) return changed ? ["lr"] : [];
    const { momentum } = scheduleAt(schedule, numbers[i]?.lr ?? 0, { step: 0, ...extent });
    return momentum === undefined ? ["lr"] : ["lr", "momentum", "betas[0]"];
  });
  const moves = (name: string) => driven.includes(name) || (driven.includes("lr") && isShareOfRate(name));
  return Object.keys(first).filter((name) => moves(name) || numbers.some((own) => own[name] !== first[name]));
}

/** For each lane the first with the same optimizer and schedule, unless its schedule waits for figures of its own. */
export function leadersOf(group: readonly Replica[]): number[] {
  const schedules = group.map(({ options }) => options.schedule);
  const keys = group.map((replica, i) => {
    const {
      experiment,
      options: { schedule },
    } = replica;
    return JSON.stringify([
      schedule && monitorsOf(schedule).length > 0 ? `lane ${i}` : schedules.indexOf(schedule),
      experiment.options.optimizer.options,
      changesOf(replica),
    ]);
  });
  return keys.map((key) => keys.indexOf(key));
}

/** What is changed by hand in a run, as far as is known before it begins; the path of a checkpoint that may know more. */
function changesOf({ options: { replay, resume } }: Replica): readonly Controlled[] | string {
  if (replay) return replay instanceof Run ? replay.controls : (replay as readonly Controlled[]);
  return resume instanceof Run ? resume.controls : (resume ?? []);
}

/** What the update computes, whatever the values of its host scalars: equal texts, equal graphs. */
function structureOf({ config: { model, optimizer } }: Experiment): string {
  const flat = (name: string) => input(name, [4]);
  const state = Object.fromEntries(stateNames(optimizer).map((name) => [name, flat(`state ${name}`)]));
  const texts = updateRanges(model, optimizer).map(({ settings, offset, words }) => {
    const next = traceUpdate(optimizer, { p: flat("p"), g: flat("g"), state }, settings);
    const nodes = topological([next.p, ...Object.values(next.state)]);
    const places = new Map(nodes.map((node, i) => [node, i]));
    const text = nodes.map(({ op, attrs, dtype, inputs }) => [op, attrs, dtype, inputs.map((x) => places.get(x))]);
    return [offset, words, text];
  });
  return JSON.stringify([optimizer.type, texts, model.parameters.slices.map(({ offset }) => offset)]);
}
