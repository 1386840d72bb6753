import type { Backend, DeviceBuffer, Executable } from "../backends/backend.ts";
import type { Plan } from "../backends/launch.ts";
import type { Profile } from "../backends/profile.ts";
import { type Dataset, FileTensor, upTo } from "../data/index.ts";
import { BackendError, ShapeError } from "../errors/index.ts";
import { type HostTree, hostFunction } from "../optim/index.ts";
import type { BuiltPlan } from "../plan/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";
import { type DType, hostArray, show, sizeOf, type TypedArray, viewAs } from "../tensor/index.ts";
import { contents, type DeviceData, dataWords, deviceData, trainingData, windowedData } from "./deviceData.ts";
import { evaluationBatch, evaluationBatches } from "./evaluationBatches.ts";
import type { Experiment } from "./experiment.ts";
import { bufferWords, CURSOR, NOISE_SEED, NOISE_STEP, type StepConfig } from "./forward.ts";
import type { Weights } from "./model.ts";
import { diagnosisStep, evaluationStep, predictionStep, trainingStep } from "./step.ts";
import { Tally } from "./tally.ts";

/** Batches of an evaluation that are sent at once. */
const EVALUATIONS = 64;

/** What the host says to one step: numbers for the optimizer's expressions, and where the batch and the noise begin. */
export interface StepScalars {
  /** Hyperparameters and `step` by name, and other scalars of a program by theirs. */
  readonly hyper: Readonly<Record<string, number>>;
  readonly cursor: number;
  readonly noiseSeed: number;
  readonly noiseStep: number;
}

/** Rows of a submit by name: the values of each step one after the other. */
export type Rows = Readonly<Record<string, Float64Array>>;

/** Everything a run changes, on the host: what checkpoints hold. */
export interface RunState extends Weights {
  /** Optimizer state by name, flat as the parameters. */
  readonly optimizer: Readonly<Record<string, Float32Array>>;
  /** What a full-batch method remembers besides, and how often it has looked. */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** A compiled step with the names of its rows and the way its scalars are filled in. */
export class Program {
  readonly #built: BuiltPlan;
  readonly #executable: Executable;
  readonly #fill: ((s: StepScalars) => number)[];

  constructor(built: BuiltPlan, executable: Executable) {
    this.#built = built;
    this.#executable = executable;
    this.#fill = built.scalars.map(({ name, attrs }) => {
      if (name === CURSOR) return (s) => s.cursor;
      if (name === NOISE_SEED) return (s) => s.noiseSeed;
      if (name === NOISE_STEP) return (s) => s.noiseStep;
      const value = hostFunction((attrs.expr as HostTree | undefined) ?? name);
      return (s) => value(s.hyper);
    });
  }

  get plan(): Plan {
    return this.#built.plan;
  }

  /** Runs the steps as `run` does and tells what every launch takes; two steps or more. */
  async profile(scalars: readonly StepScalars[]): Promise<Profile> {
    return await this.#executable.profile(this.#words(scalars), scalars.length);
  }

  async run(scalars: readonly StepScalars[]): Promise<Rows> {
    const { plan, rows } = this.#built;
    const raw = await this.#executable.submit(this.#words(scalars), scalars.length);
    return Object.fromEntries(
      rows.map(({ name, dtype, offset, size }) => {
        const values = viewAs(dtype, raw);
        const all = new Float64Array(scalars.length * size);
        for (let i = 0; i < scalars.length; i++) {
          const from = i * plan.rowWords + offset;
          for (let k = 0; k < size; k++) all[i * size + k] = values[from + k] as number;
        }
        return [name, all];
      }),
    );
  }

  /** The scalar blocks of the steps. */
  #words(scalars: readonly StepScalars[]): Uint32Array {
    const { plan, scalars: slots } = this.#built;
    const words = new Uint32Array(plan.scalarWords * scalars.length);
    const typed: Record<DType, TypedArray> = {
      f32: viewAs("f32", words),
      i32: viewAs("i32", words),
      u32: words,
      bool: words,
    };
    slots.forEach(({ slot, dtype }, k) => {
      const into = typed[dtype];
      const fill = this.#fill[k] as (s: StepScalars) => number;
      for (let i = 0; i < scalars.length; i++) into[i * plan.scalarWords + slot] = fill(scalars[i] as StepScalars);
    });
    return words;
  }

  dispose(): void {
    this.#executable.dispose();
  }
}

/** One model on a backend: its buffers, its data, and the steps compiled for them so far. Dispose it after use. */
export class DeviceModel {
  readonly backend: Backend;
  readonly config: StepConfig;
  readonly #buffers = new Map<string, DeviceBuffer>();
  readonly #steps = new Map<string, Promise<Program>>();
  readonly #data = new Map<Dataset, DeviceData>();

  constructor(backend: Backend, config: StepConfig) {
    this.backend = backend;
    this.config = config;
    try {
      for (const [name, words] of Object.entries(bufferWords(config))) this.#alloc(name, words);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The structure of the experiment's training step on a backend: see `BuiltPlan`. */
  static structure(
    { config, splits, stepSize }: Pick<Experiment, "config" | "splits" | "stepSize">,
    { maxBuffersPerLaunch }: Backend,
  ): string {
    const data = trainingData(splits.train, stepSize);
    return trainingStep(config, data, stepSize, maxBuffersPerLaunch).structure;
  }

  #alloc(name: string, words: number): DeviceBuffer {
    const buffer = this.backend.alloc(words, name);
    this.#buffers.set(name, buffer);
    return buffer;
  }

  /** Memory for examples. Throws BackendError with the way out when there is not enough. */
  #allocFor(set: Dataset, buffer: string, words: number): DeviceBuffer {
    try {
      return this.#alloc(buffer, words);
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      const way = "take fewer of its examples, or leave them in their file with { stream: true }";
      throw new BackendError(`${error.message}; ${set.name} does not fit the device whole: ${way}`, { cause: error });
    }
  }

  #buffer(name: string): DeviceBuffer {
    return this.#buffers.get(name) as DeviceBuffer;
  }

  /** Puts a data set on the device, once. */
  upload(name: string, set: Dataset): DeviceData {
    const known = this.#data.get(set);
    if (known) return known;
    const data = deviceData(name, set);
    for (const part of ["x", "y"] as const) {
      for (const [buffer, words] of contents(`${name} ${part}`, set[part])) {
        this.backend.write(this.#allocFor(set, buffer, Math.max(1, words.length)), words);
      }
    }
    this.#data.set(set, data);
    return data;
  }

  /** Room for so many examples of a set at a time: `fill` brings them. */
  reserve(name: string, set: Dataset, window: number): DeviceData {
    const data = windowedData(name, set, window);
    for (const [buffer, words] of Object.entries(dataWords(data))) {
      if (!this.has(buffer)) this.#alloc(buffer, words);
    }
    return data;
  }

  /** Examples in place of those that were in the window, from its first place on. */
  fill({ name }: DeviceData, examples: { readonly x: HostTensor; readonly y: HostTensor }): void {
    for (const part of ["x", "y"] as const) {
      for (const [buffer, words] of contents(`${name} ${part}`, examples[part])) this.write(buffer, words);
    }
  }

  load(state: Weights & Partial<RunState>): void {
    this.backend.write(this.#buffer("parameters"), state.parameters);
    this.backend.write(this.#buffer("running"), state.running);
    for (const [name, values] of Object.entries(state.optimizer ?? {})) {
      // what a full-batch method remembers stays on the host, and an average may not be kept here
      if (this.has(`state ${name}`)) this.backend.write(this.#buffer(`state ${name}`), values);
    }
  }

  async save(): Promise<RunState> {
    const read = async (name: string) => this.backend.read(this.#buffer(name));
    const states = [...this.#buffers.keys()].filter((name) => name.startsWith("state "));
    const [parameters, running, ...optimizer] = await Promise.all(["parameters", "running", ...states].map(read));
    return {
      parameters: viewAs("f32", parameters as Uint32Array) as Float32Array,
      running: running as Uint32Array,
      optimizer: Object.fromEntries(
        states.map((name, i) => [
          name.slice("state ".length),
          viewAs("f32", optimizer[i] as Uint32Array) as Float32Array,
        ]),
      ),
    };
  }

  /** The order in which the training examples are visited from now on. */
  setOrder(order: Int32Array): void {
    this.backend.write(this.#buffers.get("order") ?? this.#alloc("order", order.length), order);
  }

  /** Gradients of the last training step, flat as the parameters. */
  async gradients(): Promise<Float32Array> {
    return viewAs("f32", await this.backend.read(this.#buffer("gradients"))) as Float32Array;
  }

  async train(data: DeviceData, batch: number, scalars: readonly StepScalars[]): Promise<Rows> {
    return (await this.training(data, batch)).run(scalars);
  }

  /** The compiled training step, so that the first step does not wait and others can look at it. */
  training(data: DeviceData, batch: number): Promise<Program> {
    return this.#step(`train ${data.name} ${batch}`, (max) => trainingStep(this.config, data, batch, max));
  }

  /** Loss and metrics of a whole data set, in evaluation mode: what they would be of one batch, whatever the batches. */
  async evaluate(data: DeviceData): Promise<Record<string, number>> {
    return (await this.tally(data)).figures;
  }

  /** What `evaluate` gives the figures of. */
  async tally(data: DeviceData): Promise<Tally> {
    return (await this.#tally(data)) as Tally;
  }

  /** `evaluate` of a set that may stay in its file; undefined when the signal stopped it. */
  async evaluateSet(name: string, set: Dataset, signal?: AbortSignal): Promise<Record<string, number> | undefined> {
    const { x, y } = set;
    if (!(x instanceof FileTensor)) return await this.evaluate(this.upload(name, set));
    const batch = Math.min(set.size, evaluationBatch(this.config.model));
    // all batches of a window are sent at once
    const window = Math.min(x.windowOf(batch), batch * EVALUATIONS);
    const tally = await this.#tally(this.reserve(name, set, window), async (first, count) => {
      const rows = upTo(count, first);
      const read = await x.read(rows, signal);
      return read && { x: read, y: y.rows(rows) };
    });
    return tally?.figures;
  }

  /** `bring` gives so many examples from one on, where they are not all there; undefined when it gives none. */
  async #tally(
    data: DeviceData,
    bring?: (first: number, count: number) => Promise<{ x: HostTensor; y: HostTensor } | undefined>,
  ): Promise<Tally | undefined> {
    const tally = new Tally(this.config);
    for (const { batch, first, count } of evaluationBatches(this.config.model, data.count)) {
      const step = await this.#step(`evaluate ${data.name} ${batch}`, (max) =>
        evaluationStep(this.config, data, batch, max),
      );
      const most = Math.min(EVALUATIONS, Math.max(1, Math.floor((data.window ?? Infinity) / batch)));
      for (let from = 0; from < count; from += most) {
        const length = Math.min(most, count - from);
        const examples = await bring?.(first + from * batch, length * batch);
        if (bring && !examples) return undefined;
        if (examples) this.fill(data, examples);
        const start = bring ? 0 : first + from * batch;
        const cursors = Array.from({ length }, (_, i) => start + i * batch);
        const scalars = cursors.map((cursor): StepScalars => ({ hyper: {}, cursor, noiseSeed: 0, noiseStep: 0 }));
        tally.add(await step.run(scalars), length);
      }
    }
    return tally;
  }

  /** The model's outputs for the rows of `x`, in evaluation mode. */
  async predict(x: HostTensor): Promise<HostTensor> {
    const count = x.shape[0] as number;
    const parts: HostTensor[] = [];
    const most = evaluationBatch(this.config.model);
    for (let from = 0; from < count; from += most) {
      const rows = Math.min(most, count - from);
      parts.push(await this.#predictBatch(x.rows(Int32Array.from({ length: rows }, (_, i) => from + i))));
    }
    const [first] = parts;
    if (!first) throw new ShapeError(`predict: ${show(x.shape)} has no examples`);
    const result = hostArray(
      first.dtype,
      parts.reduce((n, part) => n + part.size, 0),
    );
    let at = 0;
    for (const part of parts) {
      result.set(part.data, at);
      at += part.size;
    }
    return new HostTensor([count, ...first.shape.slice(1)], first.dtype, result);
  }

  async #predictBatch(x: HostTensor): Promise<HostTensor> {
    const { backend, config } = this;
    const batch = x.shape[0] as number;
    const built = predictionStep(
      config,
      { shape: x.shape.slice(1), dtype: x.dtype },
      batch,
      backend.maxBuffersPerLaunch,
    );
    const size = sizeOf(built.shape);
    const own: { dispose(): void }[] = [];
    const take = <T extends { dispose(): void }>(resource: T): T => {
      own.push(resource);
      return resource;
    };
    try {
      const input = take(backend.alloc(Math.max(1, x.size), "x"));
      const output = take(backend.alloc(Math.max(1, size), "output"));
      const executable = take(await backend.compile(built.plan, this.#named(built, { x: input, output })));
      backend.write(input, x.data);
      await executable.submit(new Uint32Array(built.plan.scalarWords), 1);
      return new HostTensor(built.shape, "f32", viewAs("f32", await backend.read(output, 0, size)));
    } finally {
      for (const resource of own) resource.dispose();
    }
  }

  /** The first tensor of a step that has values which are not finite, and how many; undefined when all are finite. */
  async firstNonFinite(
    data: DeviceData,
    batch: number,
    scalars: StepScalars,
  ): Promise<{ name: string; count: number } | undefined> {
    const step = await this.#step(`diagnose ${batch}`, (max) => diagnosisStep(this.config, data, batch, max));
    const rows = await step.run([scalars]);
    const found = Object.entries(rows).find(([, counts]) => counts[0] !== 0);
    return found && { name: found[0], count: found[1][0] as number };
  }

  /** Words of a buffer that plans name: "parameters", "gradients", or one that a program made. */
  async read(name: string): Promise<Uint32Array> {
    return await this.backend.read(this.#buffer(name));
  }

  /** Whether there is a buffer of that name. */
  has(name: string): boolean {
    return this.#buffers.has(name);
  }

  /** Fills a buffer by its name; makes it when it is not there. */
  write(name: string, data: TypedArray): void {
    this.backend.write(this.#buffers.get(name) ?? this.#alloc(name, data.length), data);
  }

  /**
   * A step of the caller's own over this model's buffers, built and compiled at the first call with this key. Buffers
   * that its plan names and that are not there yet are made, all zeros.
   */
  program(key: string, build: (maxBuffersPerLaunch: number) => BuiltPlan): Promise<Program> {
    return this.#step(`program ${key}`, build);
  }

  #step(key: string, build: (maxBuffers: number) => BuiltPlan): Promise<Program> {
    let step = this.#steps.get(key);
    if (!step) {
      const built = build(this.backend.maxBuffersPerLaunch);
      step = this.backend.compile(built.plan, this.#named(built)).then((executable) => new Program(built, executable));
      this.#steps.set(key, step);
    }
    return step;
  }

  /** Buffers for all that a plan names, but for those in `own`: made where they are not there yet, with literals filled in. */
  #named(
    { plan, literals }: BuiltPlan,
    own: Readonly<Record<string, DeviceBuffer>> = {},
  ): Record<string, DeviceBuffer> {
    const named = { ...own };
    for (const { name, words } of plan.buffers) {
      if (name === undefined || named[name]) continue;
      named[name] = this.#buffers.get(name) ?? this.#filled(name, words, literals.get(name));
    }
    return named;
  }

  #filled(name: string, words: number, content: HostTensor | undefined): DeviceBuffer {
    const buffer = this.#alloc(name, words);
    if (content) this.backend.write(buffer, content.data);
    return buffer;
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.then((s) => s.dispose()).catch(() => {});
    for (const buffer of this.#buffers.values()) buffer.dispose();
    this.#steps.clear();
    this.#buffers.clear();
  }
}
