import { isAbsolute, resolve } from "node:path";
import { augmented } from "../augment/index.ts";
import { currentContext, maybeContext } from "../context/index.ts";
import type { Dataset } from "../data/index.ts";
import { FileTensor, Splits, upTo } from "../data/index.ts";
import { ConfigError, type Fault, located, ShapeError } from "../errors/index.ts";
import { axisOfClasses, type ClassCounts, classAxis, settleLoss, type Takes } from "../losses/index.ts";
import { nameOf } from "../metrics/index.ts";
import { type Traced, type TracedLayer, traceModel } from "../nn/index.ts";
import { constant, input, type Tensor } from "../ops/index.ts";
import { check, type Options, show as showValue } from "../params/index.ts";
import type { OutputItem, RunHistory } from "../protocol/index.ts";
import { permutation } from "../random/index.ts";
import { type HostTensor, show, sizeOf } from "../tensor/index.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { extentOf } from "./course.ts";
import { stoppingOf } from "./earlyStopping.ts";
import { exportPyTorch, exportPyTorchParams } from "./exportPyTorch.ts";
import { trainRun } from "./fit.ts";
import { goalOf, type StepConfig } from "./forward.ts";
import { checkFullBatch } from "./fullBatch.ts";
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
    const count = this.splits.train.x.shape[0] as number;
    if (batchSize > count) {
      throw new ConfigError(
        `experiment: batchSize = ${batchSize} is larger than the ${count} training examples; take ${count} or less`,
        atOption("batchSize", { kind: "range", range: `[1, ${count}]` }),
      );
    }
    if (this.stepSize > count) {
      throw new ConfigError(
        `experiment: accumulate = ${accumulate} batches of ${batchSize} are more than the ${count} training examples; take ${Math.floor(count / batchSize)} or less`,
        atOption("accumulate", { kind: "range", range: `[1, ${Math.floor(count / batchSize)}]` }),
      );
    }
    this.#checkAugment();
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
    this.#checkNames();
    this.#checkTarget();
    this.#checkMetrics();
    this.#traceOnce();
    checkFullBatch(this);
  }

  /** Figures are told apart by name. */
  #checkNames(): void {
    const names = this.options.metrics.map(nameOf);
    const twice = names.find((name, i) => name === "loss" || names.indexOf(name) !== i);
    if (twice === undefined) return;
    throw new ConfigError(
      `experiment: ${twice === "loss" ? 'a metric is named "loss"' : `two metrics are named "${twice}"`}; give one another name, as metrics.recall({ name: "${twice} 2" })`,
      atOption("metrics"),
    );
  }

  /** Examples of one optimizer step: those of all batches that it accumulates. */
  get stepSize(): number {
    return this.options.batchSize * this.options.accumulate;
  }

  /** What a training run computes: beside what a step does, the average that is asked for. */
  get runConfig(): StepConfig {
    return this.options.average ? { ...this.config, average: true } : this.config;
  }

  /** The number that the noise of a step begins at, after so many: each of its batches has one of its own. */
  noiseStep(step: number): number {
    return step * this.options.accumulate + 1;
  }

  /** What changes examples changes numbers: the number of a category or a token is a name. */
  #checkAugment(): void {
    const { augment, loss } = this.options;
    const [first] = augment;
    if (!first) return;
    const { x, columns, name } = this.splits.train;
    const named = x.rank === 2 ? columns.find(({ categories }) => categories) : undefined;
    if (x.dtype !== "f32" || named) {
      const what = named ? `column "${named.name}" of ${name} are categories` : `the examples of ${name} are tokens`;
      throw new ConfigError(
        `experiment: ${first.type} changes numbers, and ${what}; leave augment out${named ? ", or make numbers of them: splits.transform(data.oneHot())" : ""}`,
        atOption("augment"),
      );
    }
    const mixer = augment.find(({ definition }) => definition.mix);
    if (mixer && loss.definition.gives(loss.options) === "embeddings") {
      throw new ConfigError(
        `experiment: ${mixer.type} mixes targets, and ${loss.type} asks which examples are alike; leave ${mixer.type} out, or take loss.crossEntropy()`,
        atOption("loss", { instead: ["loss.crossEntropy()"] }),
      );
    }
    if (mixer && !loss.definition.takes(loss.options).includes("value")) {
      throw new ConfigError(
        `experiment: ${mixer.type} mixes targets, and ${loss.type} takes one class of each example; leave ${mixer.type} out, or take loss.crossEntropy()`,
        atOption("loss", { instead: ["loss.crossEntropy()"] }),
      );
    }
  }

  /** Classes for a loss of classes, values for a loss of values. */
  #checkTarget(): void {
    const { loss, model } = this.config;
    const { task, name, classes, labels, y, size } = this.splits.train;
    const kinds = loss.definition.takes(loss.options);
    const fits = (kind: Takes) => kinds.includes(kind);
    if (fits("any")) return;
    if (task === "classification" && !fits("class") && !(fits("label") && classes?.length === 2)) {
      throw new ConfigError(
        `experiment: ${loss.type} ${fits("label") ? "takes yes or no" : "compares values"} and ${name} has ${classes?.length} classes; use loss.crossEntropy()${fits("label") ? "" : ', or load it with task: "regression"'}`,
        atOption("loss", { instead: ["loss.crossEntropy()"] }),
      );
    }
    if (labels && !fits("label")) {
      throw new ConfigError(
        `experiment: ${loss.type} takes one class of several, or values, and any number of the ${labels.length} labels of ${name} may hold; use loss.bceWithLogits()`,
        atOption("loss", { instead: ["loss.bceWithLogits()"] }),
      );
    }
    // probabilities of several classes are values too
    const one = y.size === size || model.declaration.outputShape.at(-1) === 1;
    if (task === "regression" && (!fits("value") || (fits("class") && !fits("label") && one))) {
      throw new ConfigError(
        `experiment: ${loss.type} takes classes and ${name} has values as targets; use loss.mse(), or load it with task: "classification"`,
        atOption("loss", { instead: ["loss.mse()"] }),
      );
    }
  }

  /** What counts right classes says nothing of numbers: a share of them above a threshold would look like an accuracy. */
  #checkMetrics(): void {
    const { task, labels, name, y } = this.splits.train;
    const ofClasses = this.options.metrics.find(({ definition }) => definition.params.dim === classAxis);
    if (!ofClasses || task !== "regression" || labels) return;
    const number = y.data.find((value) => value < 0 || value > 1);
    if (number === undefined) return;
    throw new ConfigError(
      `experiment: ${ofClasses.type} is of classes, and ${name} has numbers as targets, such as ${number}; use metrics.mae() or metrics.r2(), or load it with task: "classification"`,
      atOption("metrics"),
    );
  }

  /** Loss and metrics over the model's output, symbolically: what does not fit is said now and not in training. */
  #traceOnce(): void {
    const { loss, metrics } = this.config;
    const { batchSize, dropLast } = this.options;
    const { x, y, classes, size } = this.splits.train;
    const { output, results, layers } = this.#traced(batchSize);
    this.checkTokens(
      "experiment",
      Object.values(this.splits).filter((set) => set !== undefined),
      layers,
    );
    const target = input("y", [batchSize, ...y.shape.slice(1)], y.dtype);
    const value = withFlatten(layers, target, () =>
      located("loss", () =>
        loss.definition.compute({ output, target: goalOf({ output, results }, target) }, loss.options),
      ),
    );
    if (value.rank !== 0) {
      throw new ShapeError(
        `experiment: ${loss.type} gives ${show(value.shape)}, not one number; use reduction: "mean"`,
        atOption("loss"),
      );
    }
    const gives = loss.definition.gives(loss.options);
    for (const metric of metrics) {
      located("metrics", () => metric.definition.batch({ output, target, gives }, metric.options));
    }
    const kinds = loss.definition.takes(loss.options);
    const labels = kinds.includes("label") && classes?.length === 2;
    const scored = kinds.includes("class") && !labels && loss.definition.gives(loss.options) !== "embeddings";
    if (classes && scored && y.dtype === "i32") {
      const { dim = null } = loss.options as { readonly dim?: number | null };
      const scores = output.shape[axisOfClasses(loss.type, output.shape, target.shape, dim)] as number;
      if (scores < classes.length) {
        throw new ShapeError(
          `experiment: the model ends in ${scores} outputs for ${classes.length} classes; end it in nn.linear(${classes.length})`,
          atHead(layers, classes.length),
        );
      }
    }
    const last = size % batchSize;
    if (last === 0 || dropLast) return;
    try {
      this.#traced(last);
    } catch (cause) {
      throw new ShapeError(
        `experiment: the last batch of an epoch has ${last} of ${show(x.shape)}: ${(cause as Error).message}; or leave it out with dropLast: true`,
        { cause, ...atOption("batchSize", { kind: "shape" }) },
      );
    }
  }

  /** Every token of `sets` has its place in the layers that read it: on the device a wrong one would pass for another. */
  checkTokens(
    where: string,
    sets: readonly { readonly name: string; readonly x: HostTensor }[],
    layers = this.#traced(this.options.batchSize).layers,
  ): void {
    for (const { path, type, layer, input: x } of layers) {
      const count = layer.definition.tokens?.(layer.options);
      const reads = count === undefined ? null : columnsRead(x);
      if (count === undefined || reads === null) continue;
      for (const set of sets) {
        const wrong = tokenOutside(set.x, count, reads);
        if (wrong === undefined) continue;
        throw new ConfigError(
          `${where}: ${set.name} has token ${wrong}, and ${path} ${type} takes 0 to ${count - 1}; give it as many as there are tokens`,
          { fault: { kind: "conflict", layers: [layer] } },
        );
      }
    }
  }

  #traced(batch: number): Traced {
    const { model } = this.config;
    const { x } = this.splits.train;
    const tensors = (slices: typeof model.parameters.slices) =>
      Object.fromEntries(slices.map((s) => [s.name, input(s.name, s.shape, s.dtype)]));
    return traceModel(model.layer, input("x", [batch, ...x.shape.slice(1)], x.dtype), {
      parameters: tensors(model.parameters.slices),
      buffers: tensors(model.running.slices),
      training: true,
      seed: constant(0, [], "u32"),
      step: constant(0, [], "u32"),
    });
  }

  /**
   * Trains from the initial weights of `seed` (or from `resume`) and returns the run: its learning curve is drawn while it
   * goes on, its log and checkpoints are in its folder. An interrupt ends it after the running submit with all that
   * was learnt. Throws NonFiniteError, naming step and tensor, when a value is no longer finite.
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

  /** What may be said to `fit`, checked; `where` begins messages. */
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
   * prepared examples and the weights go into an .npz file beside it. Relative paths start at the notebook. Returns the whole path.
   * Throws ConfigError for an optimizer, loss or schedule that torch does not have; layers of your own are left to be completed.
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

  /** Relative paths start at the notebook's folder. */
  resolve(path: string): string {
    return isAbsolute(path) ? path : resolve(maybeContext()?.notebookFolder ?? ".", path);
  }

  /** Places of the training examples in the order in which an epoch visits them; `seed` in place of the experiment's. */
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

  nextRunName(): string {
    this.#named += 1;
    return this.options.name ? `${this.options.name} ${this.#named}` : `run ${this.#named}`;
  }

  keep(run: Run): void {
    this.runs.push(run);
  }

  /** Everything that decides the numbers, as plain data, for logs and comparison. */
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

/** What an error of an experiment's option says beside its message. */
const atOption = (option: string, fault: Partial<Fault> = {}) => ({
  fault: { kind: "conflict", option, ...fault } as const,
});

/** An error of the number of outputs is that of the last layer that is told one. */
function atHead(layers: readonly TracedLayer[], outputs: number): ReturnType<typeof atOption> {
  const head = headOf(layers);
  if (!head) return atOption("model", { kind: "shape" });
  return { fault: { kind: "shape", option: "outFeatures", layers: [head.layer], instead: [String(outputs)] } };
}

const headOf = (layers: readonly TracedLayer[]): TracedLayer | undefined =>
  layers.findLast(({ layer }) => Object.hasOwn(layer.definition.params, "outFeatures"));

/**
 * Targets of one number each against outputs that still have places or channels: mostly a linear layer that sums along
 * the last axis alone. The error says so and is that layer's.
 */
function withFlatten<T>(layers: readonly TracedLayer[], target: Tensor, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const early = layers.find(({ type, input }) => type === "linear" && input.rank > 2);
    if (!(cause instanceof ShapeError) || target.rank > 2 || !early) throw cause;
    throw new ShapeError(
      `${cause.message}; ${early.path} linear sums along the last axis of ${show(early.input.shape)}: put nn.flatten() before it`,
      { cause, fault: { kind: "shape", layers: [early.layer], before: "nn.flatten(), " } },
    );
  }
}

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

/** `experiment({ data, model, loss, optimizer, ... })`: see `Experiment` and `experimentParams`. */
export const experiment = (given: Options<typeof experimentParams>): Experiment => new Experiment(given);

/** The first token that none of `count` places is for, in the columns that are read. */
function tokenOutside(x: HostTensor, count: number, reads: (column: number) => boolean): number | undefined {
  const width = sizeOf(x.shape.slice(1));
  for (const { data } of x.pieces()) {
    // pieces are whole rows
    const wrong = data.find((token, i) => (token < 0 || token >= count) && reads(i % width));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Which columns of the data a tensor is: all, or those that slices along the second axis leave of rows; null when it is computed. */
function columnsRead(x: Tensor): ((column: number) => boolean) | null {
  if (x.op === "input") return () => true;
  const [from] = x.inputs;
  const { axis, start, end, step } = x.attrs as { axis: number; start: number; end: number; step: number };
  if (x.op !== "slice" || axis !== 1 || from?.op !== "input" || from.rank !== 2) return null;
  return (column) => column >= start && column < end && (column - start) % step === 0;
}
