import { CheckpointError } from "../errors/index.ts";
import { isFullBatch } from "../optim/index.ts";
import type { BackendName } from "../protocol/index.ts";
import { show } from "../tensor/index.ts";
import { type Progress, readCheckpoint } from "./checkpoint.ts";
import type { RunState } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { statesOf } from "./forward.ts";
import { relaid } from "./layout.ts";
import { laidOut, type SizedModel, type Weights } from "./model.ts";
import { Run } from "./run.ts";

/** Where a continued run starts. A plain state_dict has weights only: training starts at step 0 with them. */
export interface Beginning {
  readonly state: Weights & Partial<RunState>;
  readonly best: Weights | null;
  readonly progress: Progress | undefined;
}

/**
 * Reads a run or a checkpoint to go on from. Throws CheckpointError when it is from another model, or when seed, batch
 * size or optimizer differ: the continuation would not be that of the same run.
 */
export function beginningOf(experiment: Experiment, resume: Run | string, totalSteps: number): Beginning {
  const { model, optimizer } = experiment.config;
  const { seed, batchSize, accumulate } = experiment.options;
  const where = resume instanceof Run ? `resume ${resume.name}` : `resume ${resume}`;
  const read =
    resume instanceof Run ? checkpointOf(resume, model, where) : readCheckpoint(experiment.resolve(resume), model);
  const { weights: state, best, optimizer: kept, progress } = read;
  if (!progress) return { state, best: null, progress: undefined };
  const differs = (what: string, there: unknown, here: unknown) =>
    new CheckpointError(
      `${where}: ${what} is ${String(there)} there and ${String(here)} here; to go on exactly both must be the same`,
    );
  if (progress.seed !== seed) throw differs("seed", progress.seed, seed);
  if (progress.batchSize !== batchSize) throw differs("batchSize", progress.batchSize, batchSize);
  const batches = progress.accumulate ?? 1;
  if (batches !== accumulate) throw differs("accumulate", batches, accumulate);
  if (progress.optimizer !== optimizer.type) throw differs("the optimizer", progress.optimizer, optimizer.type);
  const kind = (average: unknown) => JSON.stringify(average ?? null);
  if (kind(progress.average) !== kind(experiment.options.average)) {
    throw differs("average", kind(progress.average), kind(experiment.options.average));
  }
  const names = statesOf(experiment.runConfig);
  for (const name of names) {
    if (!kept[name])
      throw new CheckpointError(`${where}: no optimizer state "${name}"; the optimizer's options differ`);
  }
  if (progress.step >= totalSteps) {
    throw new CheckpointError(
      `${where}: it has done ${progress.step} of the ${totalSteps} steps asked for; ask for more epochs or steps`,
    );
  }
  // a full-batch method remembers as much as it has seen
  if (isFullBatch(optimizer)) {
    const { numbers = {} } = progress;
    return { state: { ...state, optimizer: kept, numbers }, best, progress };
  }
  const optimizerState = Object.fromEntries(names.map((name) => [name, kept[name] as Float32Array]));
  return { state: { ...state, optimizer: optimizerState }, best, progress };
}

/** What the run trained on that is continued; undefined where that is not known, or nothing is continued. */
export function beganOn(experiment: Experiment, resume: Run | string | null): BackendName | undefined {
  if (resume === null) return undefined;
  if (resume instanceof Run) return resume.progress?.backend;
  return readCheckpoint(experiment.resolve(resume), experiment.config.model).progress?.backend;
}

/** Equal sizes in all are not enough: the numbers of one tensor would become those of another. */
function sameTensors(there: SizedModel, here: SizedModel, where: string): void {
  const named = ({ parameters, running }: SizedModel) =>
    new Map([...parameters.slices, ...running.slices].map(({ name, shape }) => [name, show(shape)]));
  const [old, now] = [named(there), named(here)];
  const other = [...new Set([...now.keys(), ...old.keys()])].find((name) => old.get(name) !== now.get(name));
  if (other === undefined) return;
  throw new CheckpointError(
    `${where}: "${other}" is ${old.get(other) ?? "missing"} there and ${now.get(other) ?? "missing"} in this model; it is from another model`,
  );
}

/** Weights to begin with, whatever they come from: a run's are those that it predicts with. Throws as `beginningOf` does. */
export function weightsFrom(experiment: Experiment, from: Run | string): Weights {
  const { model } = experiment.config;
  if (typeof from === "string") return readCheckpoint(experiment.resolve(from), model).weights;
  sameTensors(from.config.model, model, `from ${from.name}`);
  return laidOut(from.weights, from.config.model, model);
}

/** What a run ended with, laid out as `model` is: groups of parameters may lie in another order there. */
function checkpointOf({ checkpoint, config }: Run, model: SizedModel, where: string) {
  const there = config.model;
  sameTensors(there, model, where);
  const { state, best, progress } = checkpoint;
  const kept = new Set(there.trained.slices.map(({ name }) => name));
  const missing = model.trained.slices.find(({ name }) => !kept.has(name));
  if (progress && missing) {
    throw new CheckpointError(
      `${where}: "${missing.name}" was frozen there and trains here; load a file of its weights to begin with them`,
    );
  }
  const states = Object.entries(state.optimizer).map(([name, words]) => [
    name,
    relaid(words, there.trained, model.trained),
  ]);
  return {
    weights: laidOut(state, there, model),
    best: best && laidOut(best, there, model),
    optimizer: Object.fromEntries(states) as Record<string, Float32Array>,
    progress,
  };
}
