import type { Backend } from "../backends/backend.ts";
import type { Metric } from "../metrics/index.ts";
import { hyperparameters } from "../optim/index.ts";
import type { Rows, RunState } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import type { DeviceData } from "./forward.ts";
import { LANE_STEPS } from "./laneStep.ts";
import { type LaneScalars, Lanes } from "./lanes.ts";
import { initialWeights, type Weights } from "./model.ts";

/** A submit should take about this long: see fit.ts. */
const SUBMIT_MS = 60;

/** Steps [from, from + count) of a lane training, as they come back: rows are [count, lanes]. */
export interface LaneRows {
  /** Steps counted from 0. */
  readonly from: number;
  readonly count: number;
  /** Examples of each step. */
  readonly batch: number;
  readonly rows: Rows;
}

export interface LaneTrainingOptions {
  /** What each lane starts from and draws its order and noise by. Equal seeds share order and noise. */
  readonly seeds: readonly number[];
  /** Weights of every lane; those that the lane's seed draws when not given, none yet when null. */
  readonly weights?: readonly Weights[] | null;
  /** Hyperparameters that differ by lane, at step t (from 0), a number for each. */
  readonly byLane?: (step: number) => Readonly<Record<string, ArrayLike<number>>>;
  /** Hyperparameters of all lanes at step t; the optimizer's own where nothing is said. */
  readonly shared?: (step: number) => Readonly<Record<string, number>>;
  /** Metrics that rows and validation have besides the loss; none when not given. */
  readonly metrics?: readonly Metric[];
  /** Examples per step, when it is not the experiment's. */
  readonly batchSize?: number;
  /** Keeps the experiment's average of the weights; `shared` then says how new ones count in it. */
  readonly averages?: boolean;
}

/**
 * Trains replicas of an experiment side by side as `fit` would train each: its data order, batches, clipping, optimizer and
 * noise. Dispose it after use.
 */
export class LaneTraining {
  readonly backend: Backend;
  readonly lanes: Lanes;
  readonly stepsPerEpoch: number;
  readonly #experiment: Experiment;
  readonly #options: LaneTrainingOptions;
  readonly #data: DeviceData;
  readonly #batchSize: number;
  readonly #base: Readonly<Record<string, number>>;
  #step = 0;
  #chunk = 2;

  constructor(backend: Backend, experiment: Experiment, options: LaneTrainingOptions) {
    const { seeds, byLane, weights, metrics = [], averages = false } = options;
    const config = { ...(averages ? experiment.runConfig : experiment.config), metrics };
    const { shuffle, dropLast } = experiment.options;
    const own = seeds.some((seed) => seed !== seeds[0]);
    this.backend = backend;
    this.#experiment = experiment;
    this.#options = options;
    this.#base = hyperparameters(config.optimizer);
    this.#batchSize = options.batchSize ?? experiment.stepSize;
    this.lanes = new Lanes(backend, config, {
      lanes: seeds.length,
      varying: Object.keys(byLane?.(0) ?? {}),
      ownOrder: own && shuffle,
      ownNoise: own,
    });
    try {
      this.#data = this.lanes.upload("train", experiment.splits.train);
      if (weights === undefined) {
        const drawn = new Map([...new Set(seeds)].map((seed) => [seed, initialWeights(config.model, seed)]));
        this.lanes.load(seeds.map((seed) => drawn.get(seed) as Weights));
      } else if (weights !== null) this.lanes.load(weights);
      if (own) this.lanes.setNoise(seeds);
    } catch (error) {
      this.lanes.dispose();
      throw error;
    }
    this.stepsPerEpoch = Math.max(1, (dropLast ? Math.floor : Math.ceil)(this.#data.count / this.#batchSize));
  }

  get data(): DeviceData {
    return this.#data;
  }

  /** Goes on from these states, after `step` updates. */
  load(states: readonly (Weights & Partial<RunState>)[], step: number): void {
    this.lanes.load(states);
    this.#step = step;
  }

  /** Compiles what training and evaluation will need. Throws LanesDoNotFit. */
  async prepare(): Promise<void> {
    const { valid, test } = this.#experiment.splits;
    const sets = [valid && this.lanes.upload("valid", valid), test && this.lanes.upload("test", test)];
    const last = this.#experiment.options.dropLast ? 0 : this.#data.count % this.#batchSize;
    await this.lanes.prepare(
      this.#data,
      [this.#batchSize, last].filter((batch) => batch > 0),
      sets.filter((set) => set !== undefined),
    );
  }

  /**
   * Trains up to step `steps`, epoch after epoch, two submits under way at a time. `take` is given the rows in order; when
   * it returns true, or `signal` aborts, nothing more is submitted. Rows of what was under way then are not taken. `send` is told of
   * the end of what is submitted next; `held` gives what is to be waited for before, with nothing under way.
   */
  async run(
    steps: number,
    signal: AbortSignal,
    take: (rows: LaneRows) => boolean | undefined,
    { send, held }: { send?: (end: number) => void; held?: () => (() => Promise<void>) | undefined } = {},
  ): Promise<void> {
    let enough = false;
    const taken = async (submit: Promise<LaneRows>) => {
      const rows = await submit;
      if (!enough) enough = take(rows) === true;
    };
    while (this.#step < steps && !enough && !signal.aborted) {
      const epoch = Math.floor(this.#step / this.stepsPerEpoch);
      const start = epoch * this.stepsPerEpoch;
      const end = Math.min(start + this.stepsPerEpoch, steps);
      this.lanes.setOrder(this.#orders(epoch));
      const flying: Promise<void>[] = [];
      while (this.#step < end && !enough && !signal.aborted) {
        const wait = held?.();
        if (wait) {
          for (const submit of flying.splice(0)) await submit;
          if (!enough) await wait();
          continue;
        }
        const whole = start + Math.floor(this.#data.count / this.#batchSize);
        const full = this.#step < whole;
        const count = full ? Math.min(this.#chunk, whole - this.#step, end - this.#step) : 1;
        const batch = full ? this.#batchSize : this.#data.count % this.#batchSize;
        const before = flying.at(-1);
        send?.(this.#step + count);
        const submit = this.#submit(this.#step, count, batch, start);
        const next = (before ?? Promise.resolve()).then(() => taken(submit));
        // one that fails while the one before it is awaited is no stray rejection
        submit.catch(() => {});
        next.catch(() => {});
        flying.push(next);
        this.#step += count;
        if (flying.length >= 2) await flying.shift();
      }
      for (const submit of flying) await submit;
    }
  }

  #orders(epoch: number): Int32Array[] {
    if (!this.lanes.kind.ownOrder) return [this.#experiment.epochOrder(epoch, this.#options.seeds[0])];
    return this.#options.seeds.map((seed) => this.#experiment.epochOrder(epoch, seed));
  }

  async #submit(from: number, count: number, batch: number, epochStart: number): Promise<LaneRows> {
    const { seeds, byLane, shared } = this.#options;
    const scalars = Array.from({ length: count }, (_, i): LaneScalars => {
      const step = from + i;
      return {
        hyper: { ...this.#base, ...shared?.(step), step: step + 1 },
        byLane: byLane?.(step) ?? {},
        cursor: (step - epochStart) * this.#batchSize,
        noiseSeed: seeds[0] as number,
        noiseStep: this.#experiment.noiseStep(step),
      };
    });
    const began = performance.now();
    const rows = await this.lanes.train(this.#data, batch, scalars);
    const ms = Math.max(0.05, performance.now() - began);
    if (count === this.#chunk) {
      this.#chunk = Math.max(1, Math.min(LANE_STEPS, 2 * this.#chunk, Math.round((count * SUBMIT_MS) / ms)));
    }
    return { from, count, batch, rows };
  }

  /** Loss and metrics of every lane on the validation set, when there is one. */
  validate(): Promise<Record<string, Float64Array> | undefined> {
    return this.#evaluate("valid");
  }

  /** The same on the test set. */
  test(): Promise<Record<string, Float64Array> | undefined> {
    return this.#evaluate("test");
  }

  async #evaluate(part: "valid" | "test"): Promise<Record<string, Float64Array> | undefined> {
    const set = this.#experiment.splits[part];
    return set && (await this.lanes.evaluate(this.lanes.upload(part, set)));
  }

  dispose(): void {
    this.lanes.dispose();
  }
}
