import type { Backend } from "../backends/backend.ts";
import type { Dataset } from "../data/index.ts";
import { BackendError } from "../errors/index.ts";
import { hostFunction } from "../optim/index.ts";
import type { BuiltPlan } from "../plan/index.ts";
import { viewAs } from "../tensor/index.ts";
import { DeviceModel, type Program, type Rows, type RunState, type StepScalars } from "./device.ts";
import { evaluationBatches } from "./evaluationBatches.ts";
import { type DeviceData, type StepConfig, statesOf } from "./forward.ts";
import {
  LANE_ROW,
  LANE_STEPS,
  type LaneKind,
  type LaneTable,
  laneEvaluationStep,
  laneTrainingStep,
} from "./laneStep.ts";
import type { Weights } from "./model.ts";
import { Tally } from "./tally.ts";

/** What the host says to a step of all lanes. */
export interface LaneScalars extends StepScalars {
  /** Of the hyperparameters that differ by lane, the value of each lane. */
  readonly byLane: Readonly<Record<string, ArrayLike<number>>>;
}

const WORD_BYTES = 4;

/** So many lanes need more memory than there is. */
export class LanesDoNotFit extends BackendError {
  /** How many would fit. */
  readonly most: number;

  constructor(message: string, most: number) {
    super(message);
    this.most = most;
  }
}

/**
 * Several models of one experiment that train side by side in one plan: each lane has its own parameters, gradients,
 * optimizer state and running statistics and, as asked for, its own hyperparameters, data order and noise. A lane whose
 * loss or gradient is not finite halts and keeps its last good state; the others go on. Lane i computes what `fit` does
 * with the same seed and hyperparameters, up to the order of sums. Dispose it after use.
 */
export class Lanes {
  readonly kind: LaneKind;
  readonly #device: DeviceModel;
  readonly #backend: Backend;
  readonly #tables = new Map<string, LaneTable>();
  readonly #halted: Int32Array;

  constructor(backend: Backend, config: StepConfig, kind: LaneKind) {
    this.kind = kind;
    this.#backend = backend;
    this.#halted = new Int32Array(Math.ceil(kind.lanes / 4) * 4);
    this.#device = new DeviceModel(backend, config);
  }

  get count(): number {
    return this.kind.lanes;
  }

  /** Puts a data set on the device, once; all lanes read it. */
  upload(name: string, set: Dataset): DeviceData {
    return this.#device.upload(name, set);
  }

  /** What each lane goes on from; an optimizer state that is not given stays as it is: zero at first. */
  load(states: readonly (Weights & Partial<RunState>)[]): void {
    const { lanes } = this.kind;
    const { model } = this.#device.config;
    const { parameters, trained, running } = model;
    const flat = (words: number, of: (state: Weights & Partial<RunState>) => Float32Array) => {
      const all = new Float32Array(lanes * words);
      for (const [lane, state] of states.entries()) all.set(of(state), lane * words);
      return all;
    };
    const statistics = new Uint32Array(lanes * running.words);
    for (const [lane, own] of states.entries()) {
      for (const { offset, size } of running.slices) {
        statistics.set(own.running.subarray(offset, offset + size), lanes * offset + lane * size);
      }
    }
    this.#device.write(
      "lanes parameters",
      flat(parameters.words, (state) => state.parameters),
    );
    this.#device.write("lanes running", statistics);
    for (const name of statesOf(this.#device.config)) {
      if (!states.every((state) => state.optimizer?.[name])) continue;
      this.#device.write(
        `lanes state ${name}`,
        flat(trained.words, (state) => state.optimizer?.[name] as Float32Array),
      );
    }
  }

  /** Everything that training changes, of all lanes as they are now. */
  async save(): Promise<RunState[]> {
    const { lanes } = this.kind;
    const { model } = this.#device.config;
    const { running } = model;
    const flat = async (name: string) => viewAs("f32", await this.#device.read(name)) as Float32Array;
    const own = (all: Float32Array, lane: number) =>
      all.slice((lane * all.length) / lanes, ((lane + 1) * all.length) / lanes);
    const names = statesOf(this.#device.config);
    const [all, statistics, ...states] = await Promise.all([
      flat("lanes parameters"),
      this.#device.read("lanes running"),
      ...names.map((name) => flat(`lanes state ${name}`)),
    ]);
    return Array.from({ length: lanes }, (_, lane) => {
      const words = new Uint32Array(running.words);
      for (const { offset, size } of running.slices) {
        const from = lanes * offset + lane * size;
        words.set(statistics.subarray(from, from + size), offset);
      }
      return {
        parameters: own(all, lane),
        running: words,
        optimizer: Object.fromEntries(names.map((name, i) => [name, own(states[i] as Float32Array, lane)])),
      };
    });
  }

  /** From now on nothing of the lanes that are named changes, as of those that were not finite. */
  halt(which: readonly number[]): void {
    for (const lane of which) this.#halted[lane] = 1;
    this.#device.write("lanes halted", this.#halted);
  }

  /** The order of the training examples from now on: one for each lane when lanes have their own, else one. */
  setOrder(orders: readonly Int32Array[]): void {
    const [first] = orders as [Int32Array];
    if (!this.kind.ownOrder) {
      this.#device.setOrder(first);
      return;
    }
    const all = new Int32Array(orders.length * first.length);
    for (const [lane, order] of orders.entries()) all.set(order, lane * first.length);
    this.#device.write("lanes order", all);
  }

  /** Seeds of the lanes' noise. */
  setNoise(seeds: readonly number[]): void {
    this.#device.write("lanes seeds", Uint32Array.from(seeds));
  }

  /**
   * Runs up to LANE_STEPS steps; rows as those of a single model, with a value for each lane and step, [steps, lanes].
   * Throws BackendError saying how many lanes would fit when there is no memory for these.
   */
  async train(data: DeviceData, batch: number, steps: readonly LaneScalars[]): Promise<Rows> {
    const { program, table } = await this.#training(data, batch);
    this.#writeTable(table, steps);
    return program.run(steps.map((s, i) => ({ ...s, hyper: { ...s.hyper, [LANE_ROW]: i } })));
  }

  /** Compiles what `train` and `evaluate` will need. Throws LanesDoNotFit. */
  async prepare(data: DeviceData, batches: readonly number[], evaluated: readonly DeviceData[]): Promise<void> {
    for (const batch of batches) await this.#training(data, batch);
    for (const set of evaluated) {
      for (const { batch } of evaluationBatches(this.#device.config.model, set.count))
        await this.#evaluation(set, batch);
    }
  }

  async #training(data: DeviceData, batch: number): Promise<{ program: Program; table: LaneTable }> {
    const key = `train ${data.name} ${batch}`;
    const program = await this.#program(key, (kind, max) => {
      const { built, table } = laneTrainingStep(this.#device.config, data, batch, kind, max);
      if (kind === this.kind) this.#tables.set(key, table);
      return built;
    });
    return { program, table: this.#tables.get(key) as LaneTable };
  }

  #evaluation(data: DeviceData, batch: number): Promise<Program> {
    return this.#program(`evaluate ${data.name} ${batch}`, (kind, max) =>
      laneEvaluationStep(this.#device.config, data, batch, kind, max),
    );
  }

  #writeTable({ trees }: LaneTable, steps: readonly LaneScalars[]): void {
    if (trees.length === 0) return;
    const values = trees.map(hostFunction);
    const { lanes, varying } = this.kind;
    const table = new Float32Array(steps.length * trees.length * lanes);
    for (const [i, { hyper, byLane }] of steps.entries()) {
      const own: Record<string, number> = { ...hyper };
      for (let lane = 0; lane < lanes; lane++) {
        for (const name of varying) own[name] = byLane[name]?.[lane] as number;
        for (const [t, value] of values.entries()) {
          table[(i * trees.length + t) * lanes + lane] = value(own);
        }
      }
    }
    this.#device.write("lanes table", table);
  }

  /** Loss and metrics of every lane over a whole data set, in evaluation mode: see `DeviceModel.evaluate`, to the bits. */
  async evaluate(data: DeviceData): Promise<Record<string, Float64Array>> {
    const { lanes } = this.kind;
    const tallies = Array.from({ length: lanes }, () => new Tally(this.#device.config));
    for (const { batch, first, count } of evaluationBatches(this.#device.config.model, data.count)) {
      const program = await this.#evaluation(data, batch);
      for (let from = 0; from < count; from += LANE_STEPS) {
        const length = Math.min(LANE_STEPS, count - from);
        const rows = await program.run(
          Array.from({ length }, (_, i) => {
            return { hyper: {}, cursor: first + (from + i) * batch, noiseSeed: 0, noiseStep: 0 };
          }),
        );
        for (const [lane, tally] of tallies.entries()) tally.add(laneOf(rows, lane, lanes, length), length);
      }
    }
    const figures = tallies.map((tally) => tally.figures);
    const names = Object.keys(figures[0] ?? {});
    return Object.fromEntries(names.map((name) => [name, Float64Array.from(figures, (own) => own[name] as number)]));
  }

  #program(key: string, build: (kind: LaneKind, maxBuffers: number) => BuiltPlan): Promise<Program> {
    return this.#device.program(key, (max) => {
      const built = build(this.kind, max);
      this.#checkRoom(built, (lanes) => build({ ...this.kind, lanes }, max));
      return built;
    });
  }

  /** Says how many lanes would fit when these do not. */
  #checkRoom(built: BuiltPlan, buildFor: (lanes: number) => BuiltPlan): void {
    const { free, largest } = this.#backend.room;
    const needs = ({ plan }: BuiltPlan) => {
      const sizes = plan.buffers.map(({ name, words }) =>
        name !== undefined && this.#device.has(name) ? 0 : words * WORD_BYTES,
      );
      return { total: sizes.reduce((a, b) => a + b, 0), one: Math.max(...sizes) };
    };
    const fits = (b: BuiltPlan) => needs(b).total <= free && needs(b).one <= largest;
    if (fits(built)) return;
    let [most, tooMany] = [0, this.count];
    while (tooMany - most > 1) {
      const middle = (most + tooMany) >> 1;
      if (fits(buildFor(middle))) most = middle;
      else tooMany = middle;
    }
    const { total, one } = needs(built);
    const wanted =
      total > free
        ? `${mib(total)}, and ${mib(free)} are free`
        : `${mib(one)} in one piece, and ${mib(largest)} is the most`;
    const cure = most === 0 ? "not one of them fits: take a smaller batch" : `take ${most} or fewer`;
    throw new LanesDoNotFit(`${this.count} models side by side need ${wanted} on ${this.#backend.name}; ${cure}`, most);
  }

  dispose(): void {
    this.#device.dispose();
  }
}

/** Of rows of all lanes over `steps` steps those of one. */
export function laneOf(rows: Rows, lane: number, lanes: number, steps: number): Rows {
  return Object.fromEntries(
    Object.entries(rows).map(([name, all]) => {
      const own = new Float64Array(all.length / lanes);
      const size = own.length / steps;
      for (let i = 0; i < steps; i++) {
        const from = (i * lanes + lane) * size;
        own.set(all.subarray(from, from + size), i * size);
      }
      return [name, own];
    }),
  );
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
