import type { Backend } from "../../engine/backends/backend.ts";
import * as ops from "../../engine/ops/index.ts";
import { buildPlan } from "../../engine/plan/index.ts";
import { readCheckpoint } from "../../engine/session/checkpoint.ts";
import { DeviceModel, type Program } from "../../engine/session/device.ts";
import { type DeviceData, pass, passBuffers } from "../../engine/session/forward.ts";
import type { Experiment } from "../../engine/session/index.ts";
import { type ScalarsAt, scalarsOf } from "../../engine/session/scalars.ts";
import { trainingStages } from "../../engine/session/step.ts";
import type { Training } from "../protocol.ts";

/** Milliseconds that a submit should take, and its most steps. */
const SUBMIT_MS = 40;
const MAX_SUBMIT = 256;

/** What counts as an activation. */
const ACTIVATIONS = ["relu", "tanh", "gelu"];

/**
 * The training step with rows for mean and deviation of every activation's output, of the very values that the step computes.
 */
export class WatchedTraining implements Training {
  readonly #device: DeviceModel;
  readonly #program: Program;
  readonly #scalars: ScalarsAt;
  readonly #stepsPerEpoch: number;
  #done = 0;
  #chunk = 4;

  static async begin(backend: Backend, experiment: Experiment, state: string): Promise<WatchedTraining> {
    const device = new DeviceModel(backend, experiment.config);
    const data = device.upload("train", experiment.splits.train);
    device.load(readCheckpoint(state, experiment.config.model).weights);
    device.setOrder(experiment.epochOrder(0));
    const program = await device.program("watched", (max) => watchedStep(experiment, data, max));
    return new WatchedTraining(experiment, device, program);
  }

  private constructor(experiment: Experiment, device: DeviceModel, program: Program) {
    this.#device = device;
    this.#program = program;
    this.#stepsPerEpoch = experiment.splits.train.size / experiment.options.batchSize;
    this.#scalars = scalarsOf(experiment, null, { steps: 1, epochs: 1, stepsPerEpoch: this.#stepsPerEpoch });
  }

  async steps(count: number): Promise<{ steps: number; ms: number; losses: readonly number[] }> {
    const losses: number[] = [];
    const began = performance.now();
    const flying: Promise<void>[] = [];
    for (let sent = 0; sent < count; ) {
      const steps = Math.min(this.#chunk, count - sent);
      flying.push(this.#submit(steps, losses));
      sent += steps;
      while (flying.length >= 2) await flying.shift();
    }
    await Promise.all(flying);
    return { steps: count, ms: performance.now() - began, losses };
  }

  async #submit(count: number, losses: number[]): Promise<void> {
    const scalars = Array.from({ length: count }, () => {
      const step = this.#done++;
      return this.#scalars(step, step - (step % this.#stepsPerEpoch));
    });
    const began = performance.now();
    const rows = await this.#program.run(scalars);
    losses.push(...(rows.loss as Float64Array));
    const fits = Math.round((count * SUBMIT_MS) / (performance.now() - began));
    this.#chunk = Math.max(1, Math.min(MAX_SUBMIT, 2 * count, fits));
  }

  dispose(): void {
    this.#device.dispose();
  }
}

function watchedStep({ config, options }: Experiment, data: DeviceData, maxBuffersPerLaunch: number) {
  const { stages, places } = trainingStages(config, data, options.batchSize);
  const [backward, ...updates] = stages;
  // the same graph once more: equal nodes become one
  const forward = pass(config, data, options.batchSize, { training: true, ordered: true });
  const activations = forward.layers.filter(({ type }) => ACTIVATIONS.includes(type));
  const rows = activations.flatMap(({ path, output }) => [
    { name: `${path} mean`, value: ops.mean(output) },
    { name: `${path} std`, value: ops.sqrt(ops.variance(output, undefined, { correction: 0 })) },
  ]);
  return buildPlan({
    label: "watched training step",
    buffers: passBuffers(config, data),
    inputs: { ...places, ...forward.places },
    stages: [{ ...backward, rows: [...(backward?.rows ?? []), ...rows] }, ...updates],
    maxBuffersPerLaunch,
  });
}
