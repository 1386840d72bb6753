import type { Backend } from "../backends/backend.ts";
import type { RunContext } from "../context/index.ts";
import { BackendError } from "../errors/index.ts";
import { isFullBatch, optim } from "../optim/index.ts";
import type { BackendName } from "../protocol/index.ts";
import { DeviceModel } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { feedOf } from "./feed.ts";
import type { StepConfig } from "./forward.ts";
import { initialWeights, type Weights } from "./model.ts";
import { scalarsOf } from "./scalars.ts";

/** Milliseconds of steps that a backend is timed for, after one that warms it up. A step that takes longer is timed alone. */
const TRIAL_MS = 100;
/** A submit of the trial is long enough for its own cost not to count. */
const SUBMIT_MS = 15;
const MOST_STEPS = 64;

/** What was chosen, by the structure of the step and the rivals: for as long as the kernel lives. */
const chosen = new Map<string, Promise<BackendName>>();

/**
 * The backend for a run: where there is more than one to choose from, the one that does a few steps of such a run faster,
 * on a copy. That is found out once per structure of the step and said in one line, so that runs of the same definition have the
 * same bits as long as the kernel lives. What goes on from a run or checkpoint stays where that began, if that is to be had.
 */
export async function backendFor(
  experiment: Experiment,
  began: BackendName | undefined,
  context: RunContext,
): Promise<Backend> {
  const rivals = (await context.rivals?.()) ?? [await context.backend()];
  const [first] = rivals as [Backend];
  const same = rivals.find(({ name }) => name === began);
  if (same) return same;
  const backend = rivals.length === 1 ? first : await fastest(experiment, rivals, context);
  if (began !== undefined) {
    say(context, `the run began on ${began}, which is not open here: it goes on with ${backend.name}, to other bits`);
  }
  return backend;
}

/** The backend that something trained on one of them is looked at on. */
export async function backendOf(context: RunContext, name: BackendName | undefined): Promise<Backend> {
  const rivals = (await context.rivals?.()) ?? [];
  return rivals.find((rival) => rival.name === name) ?? (await context.backend());
}

async function fastest(experiment: Experiment, rivals: readonly Backend[], context: RunContext): Promise<Backend> {
  const [first] = rivals as [Backend];
  const { splits, stepSize } = experiment;
  const key = [
    DeviceModel.structure({ config: trialConfig(experiment), splits, stepSize }, first),
    ...rivals.map(({ adapter }) => adapter),
  ].join("\n");
  const choice = chosen.get(key) ?? tryOut(experiment, rivals, context);
  chosen.set(key, choice);
  try {
    const name = await choice;
    return rivals.find((rival) => rival.name === name) as Backend;
  } catch (error) {
    // what was broken off is found out the next time
    chosen.delete(key);
    throw error;
  }
}

async function tryOut(experiment: Experiment, rivals: readonly Backend[], context: RunContext): Promise<BackendName> {
  const message = `trying ${rivals.map(({ name }) => name).join(" and ")}`;
  context.emit({ event: "progress", done: 0, total: null, unit: "steps", message, run: null });
  const weights = initialWeights(experiment.config.model, experiment.options.seed);
  const timed: { backend: Backend; ms: number }[] = [];
  let failure: unknown;
  for (const backend of rivals) {
    context.signal.throwIfAborted();
    try {
      timed.push({ backend, ms: await msPerStep(experiment, backend, weights) });
    } catch (error) {
      // the other may do: the data may be too large for this one, or its device lost
      if (!(error instanceof BackendError)) throw error;
      failure = error;
      context.log("warning", `auto: ${backend.name} cannot train this model: ${error.message}`);
    }
  }
  const [best, next] = timed.sort((a, b) => a.ms - b.ms);
  if (!best) throw failure;
  if (next) say(context, verdict(best, next));
  return best.backend.name;
}

const verdict = (best: { backend: Backend; ms: number }, next: { backend: Backend; ms: number }): string =>
  `${named(best.backend)}: ${(next.ms / best.ms).toFixed(1)} x as fast as ${named(next.backend)} on this model`;

const named = ({ name, adapter }: Backend): string => (name === "wasm" ? name : `${name} (${adapter})`);

function say(context: RunContext, line: string): void {
  context.log("info", `auto: ${line}`);
  context.emit({ event: "text", stream: "stdout", text: `${line}\n` });
}

/** What a step of the trial computes: a full-batch method has none, and its evaluations cost what a gradient does. */
const trialConfig = ({ config }: Experiment): StepConfig =>
  isFullBatch(config.optimizer) ? { ...config, optimizer: optim.sgd() } : config;

/** Milliseconds of a training step of a model of its own, with its data: the best of a few submits. */
async function msPerStep(experiment: Experiment, backend: Backend, weights: Weights): Promise<number> {
  const device = new DeviceModel(backend, trialConfig(experiment));
  try {
    device.load(weights);
    const feed = feedOf(device, experiment);
    feed.begin(0);
    await feed.ready(0, async () => true);
    const step = await device.training(feed.data, experiment.stepSize);
    const scalars = scalarsOf(experiment, null, { steps: 1, epochs: 1, stepsPerEpoch: 1 })(0, 0);
    await step.run([scalars]);
    const began = performance.now();
    let best = Number.POSITIVE_INFINITY;
    for (let count = 1; performance.now() - began < TRIAL_MS; ) {
      const sent = performance.now();
      await step.run(new Array(count).fill(scalars));
      const ms = performance.now() - sent;
      best = Math.min(best, ms / count);
      if (ms < SUBMIT_MS) count = Math.min(MOST_STEPS, 2 * count);
    }
    return best;
  } finally {
    device.dispose();
  }
}
