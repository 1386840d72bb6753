import type { RunContext } from "../../../context/index.ts";
import type { Dataset } from "../../../data/index.ts";
import { hyperparameters, stateNames } from "../../../optim/index.ts";
import type { DeviceModel, StepScalars } from "../../../session/device.ts";
import type { Experiment } from "../../../session/experiment.ts";
import type { Weights } from "../../../session/model.ts";

/** Steps of a trial: enough to tell rates that differ tenfold apart. */
const STEPS = 150;
/** Steps per submit, so that an interrupt and the budget are seen soon. */
const CHUNK = 8;

/** A short training from the same initial weights with one thing changed. */
export interface Trial {
  /** Times the rate of the run. */
  readonly factor: number;
  readonly steps: number;
  /** Loss of each step's batch; it ends where a value was no longer finite. */
  readonly loss: readonly number[];
  readonly finite: boolean;
  /** Mean loss of the last fifth. */
  readonly end: number;
}

/** Runs short trainings on a model of its own until their time is up. */
export class Trials {
  readonly #context: RunContext;
  readonly #device: DeviceModel;
  readonly #initial: Weights;
  readonly #experiment: Experiment;
  readonly #until: number;

  /** Takes over `device`'s weights and optimizer state; `budgetMs` is for all trials together. */
  constructor(
    context: RunContext,
    device: DeviceModel,
    { experiment, initial, budgetMs }: { experiment: Experiment; initial: Weights; budgetMs: number },
  ) {
    this.#context = context;
    this.#device = device;
    this.#initial = initial;
    this.#experiment = experiment;
    this.#until = performance.now() + budgetMs;
  }

  get left(): boolean {
    return performance.now() < this.#until && !this.#context.signal.aborted;
  }

  /** Trains on `set` at a constant rate, with the run's other hyperparameters or those of `hyper`, for `steps` or until the time is up; null when there was none for a tenth of it. */
  async run(
    name: string,
    set: Dataset,
    {
      factor,
      lr,
      steps = STEPS,
      hyper = {},
    }: { factor: number; lr: number; steps?: number; hyper?: Readonly<Record<string, number>> },
  ): Promise<Trial | null> {
    const device = this.#device;
    const { config } = device;
    const { batchSize, seed } = this.#experiment.options;
    const data = device.upload(name, set);
    const words = config.model.trained.words;
    device.load({
      ...this.#initial,
      optimizer: Object.fromEntries(stateNames(config.optimizer).map((state) => [state, new Float32Array(words)])),
    });
    device.write("halted", new Int32Array(4));
    const base = hyperparameters(config.optimizer);
    const perEpoch = Math.max(1, Math.floor(data.count / batchSize));
    const loss: number[] = [];
    let finite = true;
    for (let step = 0; step < steps && finite; ) {
      if (!this.left) break;
      if (step % perEpoch === 0) {
        device.setOrder(this.#experiment.epochOrder(step / perEpoch));
      }
      const count = Math.min(CHUNK, steps - step, perEpoch - (step % perEpoch));
      const scalars = Array.from({ length: count }, (_, i): StepScalars => {
        const at = step + i;
        return {
          hyper: { ...base, ...hyper, lr: lr * factor, step: at + 1 },
          cursor: (at % perEpoch) * batchSize,
          noiseSeed: seed,
          noiseStep: at + 1,
        };
      });
      const rows = await device.train(data, batchSize, scalars);
      const stopped = (rows.ok as Float64Array).indexOf(0);
      finite = stopped < 0;
      loss.push(...Array.from(rows.loss as Float64Array).slice(0, finite ? count : stopped));
      step += count;
    }
    if (finite && loss.length < steps / 10) return null;
    const tail = loss.slice(-Math.max(3, Math.ceil(loss.length / 5)));
    const end = tail.reduce((a, b) => a + b, 0) / tail.length;
    return { factor, steps: loss.length, loss, finite, end: finite ? end : Number.POSITIVE_INFINITY };
  }
}
