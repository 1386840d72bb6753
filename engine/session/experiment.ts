import { isAbsolute, resolve } from "node:path";
import { augmented } from "../augment/index.ts";
import { currentContext, maybeContext } from "../context/index.ts";
import type { Dataset } from "../data/index.ts";
import { FileTensor, Splits, upTo } from "../data/index.ts";
import { ConfigError } from "../errors/index.ts";
import { type ClassCounts, settleLoss } from "../losses/index.ts";
import { check, type Options, show as showValue } from "../params/index.ts";
import type { OutputItem, RunHistory } from "../protocol/index.ts";
import { permutation } from "../random/index.ts";
import { show, sizeOf } from "../tensor/index.ts";
import { checkModel } from "./checkModel.ts";
import { atOption, checkData, checkOptions } from "./checkOptions.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { extentOf } from "./course.ts";
import { stoppingOf } from "./earlyStopping.ts";
import { exportPyTorch, exportPyTorchParams } from "./exportPyTorch.ts";
import { trainRun } from "./fit.ts";
import type { StepConfig } from "./forward.ts";
import { checkFullBatch } from "./fullBatch.ts";
import { hold } from "./holding.ts";
import { initialWeights, sizeModel } from "./model.ts";
import { clipParams, type ExperimentOptions, experimentParams, type FitOptions, fitParams } from "./options.ts";
import { checkRegularizers } from "./regularizing.ts";
import { Run } from "./run.ts";
import { checkSchedule } from "./scalars.ts";
import { loadParams } from "./stateDict.ts";

/** Stream of the data's order, apart from those of parameters and of the split. */
const ORDER_STREAM = 0x5eed0001;

let experiments = 0;

/**
 * The nouns of a training run in one declarative value: data, model, loss, metrics, optimizer, batch size, seed.
 * Making one checks that everything fits together and allocates nothing.
 */
export class Experiment {
  readonly name: string;
  readonly options: ExperimentOptions;
  readonly splits: {
    readonly train: Dataset;
    readonly valid?: Dataset | undefined;
    readonly test?: Dataset | undefined;
  };
  readonly config: StepConfig;
  readonly runs: Run[] = [];
  #named = 0;

  /** For tests and conformance: the order of an epoch's examples in place of the shuffled one, and every submit's rows. */
  order: (epoch: number, shuffled: Int32Array) => Int32Array = (_, shuffled) => shuffled;
  onSteps: ((rows: { from: number; loss: readonly number[]; gradientNorm: readonly number[] }) => void) | undefined;

  /** Throws ConfigError for options, ShapeError for sizes that do not fit together. */
  constructor(given: unknown) {
    this.options = check(experimentParams, given, "experiment") as ExperimentOptions;
    const { data, model, augment, metrics, optimizer, regularize, batchSize, accumulate } = this.options;
    if (!this.options.name) experiments += 1;
    this.name = this.options.name || `experiment ${experiments}`;
    this.splits = data instanceof Splits ? data : { train: data as Dataset };
    for (const set of Object.values(this.splits)) set?.requireComplete("experiment");
    checkData(this);
    const clip = check(clipParams, this.options.clip ?? {}, "clip");
    const loss = settleLoss(this.options.loss, classCounts(this.splits.train));
    this.config = {
      model: sizeModel(augmented(model, augment), this.splits.train, batchSize, optimizer),
      loss,
      metrics,
      optimizer,
      regularize,
      clip: { norm: clip.norm ?? undefined, normType: clip.normType, value: clip.value ?? undefined },
      ...(accumulate > 1 && { microBatch: batchSize }),
    };
    if (this.config.model.declaration.parameters.length === 0) {
      throw new ConfigError(
        "experiment: the model has no parameters to train; give it a layer such as nn.linear(10)",
        atOption("model"),
      );
    }
    checkRegularizers(this.config);
    checkOptions(this);
    checkModel(this);
    checkFullBatch(this);
  }

  /** Examples of one optimizer step: those of all batches that it accumulates. */
  get stepSize(): number {
    return this.options.batchSize * this.options.accumulate;
  }

  /** What a training run computes: beside what a step does, the average that is asked for. */
  get runConfig(): StepConfig {
    return this.options.average ? { ...this.config, average: true } : this.config;
  }

  /**
   * The number that the noise of a step begins at, after so many: each of its batches has one of its own.
   *
   * @internal
   */
  noiseStep(step: number): number {
    return step * this.options.accumulate + 1;
  }

  /**
   * Trains the experiment from the initial weights of `seed` (or from `resume`) and returns the run: its learning curve is drawn while it
   * goes on, its log and checkpoints are in its folder. An interrupt ends it after the running submit with all that
   * was learnt. Throws NonFiniteError, naming step and tensor, when a value is no longer finite.
   *
   * @example const run = await exp.fit({ epochs: 10 });
   */
  async fit(given?: Options<typeof fitParams>): Promise<Run> {
    const options = this.fitOptions(given, "fit");
    const context = currentContext();
    const { rehearsal } = context;
    if (!rehearsal) return await context.shield(trainRun(this, options, context));
    const { steps } = extentOf(this, options, this.splits.train.size);
    const short = { ...options, epochs: null, steps: Math.min(steps, rehearsal.steps) };
    const run = await context.shield(trainRun(this, short, context));
    await rehearsal.fitted(this);
    return run;
  }

  /**
   * What may be said to `fit`, checked; `where` begins messages.
   *
   * @internal
   */
  fitOptions(given: unknown, where: string): FitOptions {
    const options = check(fitParams, given, where);
    if (options.epochs !== null && options.steps !== null)
      throw new ConfigError(`${where}: epochs and steps are both given; give one`, atOption("steps"));
    if (options.resume !== null && options.from !== null)
      throw new ConfigError(
        `${where}: resume and from are both given; resume goes on, from begins anew`,
        atOption("from"),
      );
    if (options.earlyStopping && !this.splits.valid) {
      throw new ConfigError(
        `${where}: earlyStopping needs validation data; split it: data.split({ valid: 0.1 })`,
        atOption("earlyStopping"),
      );
    }
    if (options.earlyStopping) stoppingOf(options.earlyStopping, this.options.metrics);
    if (options.schedule) checkSchedule(options.schedule, this);
    return options;
  }

  /**
   * Writes a script that trains this in PyTorch, from the same first weights: `await exp.exportPyTorch("digits.py", { epochs: 20 })`. The
   * prepared examples and the weights go into an .npz file beside it. What torch lacks, functions of your own among it, is written out in
   * torch code. Relative paths start at the notebook. Returns the whole path. Throws ConfigError for what has no counterpart.
   *
   * @example await exp.exportPyTorch("digits.py", { epochs: 20 });
   */
  async exportPyTorch(path: string, given?: Options<typeof exportPyTorchParams>): Promise<string> {
    if (typeof path !== "string" || path === "")
      throw new ConfigError(`exportPyTorch: ${showValue(path)} is no path of a file; give one, as "digits.py"`);
    const full = this.resolve(path);
    await exportPyTorch(this, full, check(exportPyTorchParams, given, "exportPyTorch"));
    return full;
  }

  /**
   * A run without history from a checkpoint, or from a PyTorch state_dict saved as safetensors: it predicts, is looked into, and
   * `fit({ resume })` or `fit({ from })` goes on from it. Names and shapes are PyTorch's; numbers of other widths become f32 and
   * i32. Throws CheckpointError naming every tensor that does not fit.
   *
   * @example const loaded = exp.load(run.save("model.safetensors"));
   */
  load(path: string, given?: Options<typeof loadParams>): Run {
    if (typeof path !== "string") throw new ConfigError(`load: ${showValue(path)} is no path of a file`);
    const options = check(loadParams, given, "load");
    const { model } = this.config;
    const read = readCheckpoint(this.resolve(path), model, options, () => initialWeights(model, this.options.seed));
    const { weights, missing, unexpected, optimizer, best, progress, prepared } = read;
    const empty: RunHistory = {
      step: [],
      trainLoss: [],
      lr: [],
      gradientNorm: [],
      epoch: [],
      epochStep: [],
      valid: {},
      train: {},
      thinned: false,
    };
    return new Run(
      {
        id: progress?.run ?? "loaded",
        name: `loaded from ${path}`,
        folder: null,
        backend: "wasm",
        adapter: "",
        steps: progress?.step ?? 0,
        epochs: 0,
        seconds: 0,
        stopped: "finished",
        final: progress?.best?.final ?? {},
        history: empty,
        loaded: { missing, unexpected },
      },
      this,
      { state: { ...weights, optimizer }, best, progress, prepared: prepared ?? this.splits.train.prepared },
    );
  }

  /**
   * Relative paths start at the notebook's folder.
   *
   * @internal
   */
  resolve(path: string): string {
    return isAbsolute(path) ? path : resolve(maybeContext()?.notebookFolder ?? ".", path);
  }

  /**
   * Places of the training examples in the order in which an epoch visits them; `seed` in place of the experiment's.
   *
   * @internal
   */
  epochOrder(epoch: number, seed = this.options.seed): Int32Array {
    const count = this.splits.train.size;
    const { x } = this.splits.train;
    if (!this.options.shuffle) return this.order(epoch, upTo(count));
    const drawn =
      x instanceof FileTensor ? x.order(seed, epoch, this.stepSize) : permutation(seed, ORDER_STREAM, epoch, count);
    return this.order(epoch, drawn);
  }

  get lastRun(): Run | undefined {
    return this.runs.at(-1);
  }

  /** @internal */
  nextRunName(): string {
    this.#named += 1;
    return this.options.name ? `${this.options.name} ${this.#named}` : `run ${this.#named}`;
  }

  /** @internal */
  keep(run: Run): void {
    this.runs.push(run);
    hold(run);
  }

  /**
   * Everything that decides the numbers, as plain data, for logs and comparison.
   *
   * @internal
   */
  describe(): Record<string, unknown> {
    const { loss, metrics, optimizer, regularize, batchSize, accumulate, average, seed, shuffle, dropLast, clip } =
      this.options;
    const { train, valid, test } = this.splits;
    const rows = (set: Dataset | undefined) => set?.x.shape[0] ?? 0;
    return {
      name: this.name,
      data: { train: rows(train), valid: rows(valid), test: rows(test), example: train.x.shape.slice(1) },
      model: this.config.model.declaration.parameters.map((p) => ({ name: p.name, shape: p.shape, init: p.init })),
      loss,
      metrics,
      optimizer,
      regularize,
      batchSize,
      accumulate,
      average,
      seed,
      shuffle,
      dropLast,
      clip,
    };
  }

  /** Parameters by name and shape, and the sizes of the data. */
  toString(): string {
    const { parameters, outputShape } = this.config.model.declaration;
    const { train, valid, test } = this.splits;
    const count = (some: readonly { shape: readonly number[] }[]) => some.reduce((n, p) => n + sizeOf(p.shape), 0);
    const all = count(parameters);
    const trained = this.config.model.trained.slices;
    const trains = new Set(trained.map(({ name }) => name));
    const width = Math.max(...parameters.map((p) => p.name.length), 9);
    const sizes = [
      ["train", train],
      ["valid", valid],
      ["test", test],
    ] as const;
    return [
      `${this.name}: ${this.options.loss.type}, ${this.options.optimizer.type}, ${this.options.accumulate > 1 ? `${this.options.accumulate} batches of ${this.options.batchSize} a step` : `batches of ${this.options.batchSize}`}, seed ${this.options.seed}`,
      `data: ${sizes.flatMap(([n, s]) => (s ? [`${n} ${show(s.x.shape)}`] : [])).join(", ")}; output ${show(outputShape)}`,
      ...parameters.map((p) => {
        return `  ${p.name.padEnd(width)}  ${show(p.shape)}${trains.has(p.name) ? "" : "  frozen"}`;
      }),
      `${all.toLocaleString("en-US")} parameters${trained.length < parameters.length ? `, ${count(trained).toLocaleString("en-US")} of them trained` : ""}`,
    ].join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("dlnb.display")](): OutputItem[] {
    return [{ mime: "text/plain", data: this.toString() }];
  }
}

/** `experiment({ data, model, loss, optimizer, ... })`: see `Experiment` and `experimentParams`. */
export const experiment = (given: Options<typeof experimentParams>): Experiment => new Experiment(given);

/** How often each class or label occurs in the training data. */
function classCounts({ name, y, classes, size }: Dataset): ClassCounts {
  const labels = y.dtype === "f32";
  const counts = new Array<number>(labels ? y.size / size : (classes?.length ?? 0)).fill(0);
  for (const [i, value] of y.data.entries()) {
    const k = labels ? i % counts.length : value;
    counts[k] = (counts[k] as number) + (labels ? value : 1);
  }
  return { of: labels ? "labels" : "classes", name, counts, examples: labels ? size : y.size };
}
