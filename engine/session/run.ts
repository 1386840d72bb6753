import { statSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { currentContext, maybeContext } from "../context/index.ts";
import { Dataset, Prepared } from "../data/index.ts";
import { CheckpointError, ConfigError, Interrupted, ShapeError } from "../errors/index.ts";
import { check, type Options } from "../params/index.ts";
import type { BackendName, Controlled, OutputItem, RunHistory, RunSummary } from "../protocol/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";
import { originOf, show, sizeOf, viewAs } from "../tensor/index.ts";
import type { Averaged } from "./averaged.ts";
import { checkTokens } from "./checkModel.ts";
import { type Checkpoint, type Progress, readCheckpoint, weightsOnly, writeCheckpoint } from "./checkpoint.ts";
import { DeviceModel } from "./device.ts";
import type { Experiment } from "./experiment.ts";
import { exportParams, onnxOfRun } from "./exportOnnx.ts";
import type { StepConfig } from "./forward.ts";
import { hold } from "./holding.ts";
import type { Instruments } from "./instruments/index.ts";
import type { Layout } from "./layout.ts";
import type { Weights } from "./model.ts";
import { backendOf } from "./rivals.ts";
import { named } from "./telling.ts";
import type { Snapshot } from "./trace.ts";

/** What a finished, stopped or loaded run is made of. */
export interface RunRecord {
  readonly id: string;
  readonly name: string;
  readonly folder: string | null;
  readonly backend: BackendName;
  readonly adapter: string;
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  readonly stopped: RunSummary["stopped"];
  /** `trainLoss`, `validLoss`, `validAccuracy`, `testLoss`, `testAccuracy` ... of the weights that it ended with. */
  readonly final: Readonly<Record<string, number>>;
  readonly history: RunHistory;
  /** Weights from a file: how they were trained is not known. What the file lacked, and what it had besides. */
  readonly loaded?: { readonly missing: readonly string[]; readonly unexpected: readonly string[] };
}

/** The large part of a run. */
interface Held {
  readonly checkpoint: Checkpoint;
  readonly weights: Weights;
}

/**
 * A trained model and how it came about. It keeps its weights on the host and no device memory; `predict` and
 * `evaluate` work at any time, `fit({ resume: run })` continues it. Weights of older runs that are on disk may be let go, and are read
 * again when they are asked for: see `release`.
 */
export class Run {
  readonly record: RunRecord;
  readonly experiment: Experiment;
  /** What of it is in memory; null: it is on disk alone. */
  held: Held | null;
  /** Where it stands besides its tensors. Undefined when it was loaded from a plain state_dict. */
  readonly progress: Progress | undefined;
  /** What the transforms of its data learnt, which `predict` does to raw examples; null when there were none. */
  readonly prepared: Prepared | null;
  /** It predicts with the weights of its best epoch. */
  readonly #restored: boolean;
  /** Where it has been, when `fit({ trace })` asked for it. */
  readonly trace: readonly Snapshot[];
  /** What `fit({ instruments })` saw of its layers, gradients and updates; null for a run from a file. */
  readonly instruments: Instruments | null;
  readonly #averaged: Run | undefined;

  constructor(
    record: RunRecord,
    experiment: Experiment,
    checkpoint: Checkpoint,
    weights: Weights = checkpoint.state,
    trace: readonly Snapshot[] = [],
    instruments: Instruments | null = null,
    averaged?: Run,
  ) {
    this.record = record;
    this.experiment = experiment;
    this.held = { checkpoint, weights };
    this.progress = checkpoint.progress;
    this.prepared = checkpoint.prepared;
    this.#restored = weights !== checkpoint.state;
    this.trace = trace;
    this.instruments = instruments;
    this.#averaged = averaged;
  }

  /** Where training stopped: what a continuation starts from. Throws CheckpointError when it was let go and is not on disk any more. */
  get checkpoint(): Checkpoint {
    return this.#inMemory.checkpoint;
  }

  /** What it predicts with: where training stopped, or the best epoch when early stopping brought that back. Throws as `checkpoint` does. */
  get weights(): Weights {
    return this.#inMemory.weights;
  }

  get #inMemory(): Held {
    if (this.held) return this.held;
    const { progress, prepared } = this;
    const { model } = this.config;
    let read: ReturnType<typeof readCheckpoint>;
    try {
      read = readCheckpoint(this.#file, model);
    } catch (cause) {
      const why = `${this.name}: its weights were let go to save memory, and cannot be read again: ${(cause as Error).message}`;
      throw new CheckpointError(why, { cause });
    }
    if (read.progress?.run !== progress?.run || read.progress?.step !== progress?.step) {
      throw new CheckpointError(`${this.name}: ${this.#file} is not what the run left there any more`);
    }
    const { numbers } = progress ?? {};
    const state = { ...read.weights, optimizer: read.optimizer, ...(numbers && { numbers }) };
    const checkpoint = { state, best: read.best, progress, prepared };
    this.held = { checkpoint, weights: this.#restored && read.best ? read.best : state };
    hold(this);
    return this.held;
  }

  get #file(): string {
    return join(this.folder ?? "", "checkpoints", "last.safetensors");
  }

  /** Bytes of its tensors in memory. */
  get bytes(): number {
    if (!this.held) return 0;
    const { state, best } = this.held.checkpoint;
    const arrays = [
      state.parameters,
      state.running,
      ...Object.values(state.optimizer),
      best?.parameters,
      best?.running,
    ];
    return arrays.reduce((sum, one) => sum + (one?.byteLength ?? 0), 0);
  }

  /**
   * Lets go of its weights in memory, which are read again from its checkpoint on disk when they are asked for. False where they are
   * in memory alone: the notebook has no file, its folder was moved, or it keeps an average or a trace.
   *
   * @example run.release();
   */
  release(): boolean {
    if (!this.held) return true;
    if (this.folder === null || this.progress === undefined || this.#averaged || this.trace.length > 0) return false;
    if (this.#restored && this.held.checkpoint.best === null) return false;
    if (statSync(this.#file, { throwIfNoEntry: false })?.isFile() !== true) return false;
    this.held = null;
    return true;
  }

  /**
   * The run with the average of its weights in their place: predicts, evaluates, saves and can be looked at as any run. Throws
   * ConfigError where no average was kept, or none had begun.
   */
  get averaged(): Run {
    if (this.#averaged) return this.#averaged;
    const { average } = this.experiment.options;
    throw new ConfigError(
      average
        ? `${this.name}: ${this.record.loaded ? "a run from a file has its weights only; load what run.averaged.save(...) wrote" : `${average.type} had not begun by step ${this.steps}; give it a smaller start`}`
        : `${this.name}: no average of its weights was kept; give the experiment average: average.ema()`,
    );
  }

  get config(): StepConfig {
    return this.experiment.config;
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  get folder(): string | null {
    return this.record.folder;
  }

  get steps(): number {
    return this.record.steps;
  }

  get final(): Readonly<Record<string, number>> {
    return this.record.final;
  }

  get history(): RunHistory {
    return this.record.history;
  }

  get stopped(): RunSummary["stopped"] {
    return this.record.stopped;
  }

  /** What was changed by hand while it trained: `fit({ replay: run.controls })` makes the same changes at the same steps. */
  get controls(): readonly Controlled[] {
    return this.progress?.controls ?? [];
  }

  /**
   * Parameters and running statistics by PyTorch's names.
   *
   * @example const weights = run.stateDict();
   */
  stateDict(): Record<string, HostTensor> {
    const { model } = this.config;
    const { parameters, running } = this.weights;
    const named = (layout: Layout, words: Float32Array | Uint32Array) =>
      layout.slices.map(({ name, shape, dtype, offset, size }) => {
        const values = viewAs(dtype, words.subarray(offset, offset + size));
        return [name, new HostTensor(shape, dtype, values.slice())] as const;
      });
    return Object.fromEntries([...named(model.parameters, parameters), ...named(model.running, running)]);
  }

  /**
   * The model's outputs for a data set's examples or for the rows of a tensor, in evaluation mode. Raw examples go through the
   * transforms that the training examples went through, with what these learnt there; examples that have been through them do not.
   *
   * @example const outputs = await run.predict(dataset);
   */
  async predict(given: Dataset | HostTensor): Promise<HostTensor> {
    const x = given instanceof Dataset ? given.x : given;
    if (!(x instanceof HostTensor)) {
      throw new ConfigError("predict: give a data set or a tensor of examples, as tensor([[5.1, 3.5, 1.4, 0.2]])");
    }
    const ready = this.#ready(given, "predict").x;
    const example = this.experiment.splits.train.x.shape.slice(1);
    if (ready.rank !== example.length + 1) {
      throw new ShapeError(
        `predict: ${show(ready.shape)} are no examples of ${show(example)}; they are the first axis: ${show([1, ...example])} for one`,
      );
    }
    checkTokens(this.experiment, "predict", [{ name: given instanceof Dataset ? given.name : "the tensor", x: ready }]);
    return await this.#onDevice((device) => device.predict(ready));
  }

  /**
   * Loss and metrics over a whole data set, in evaluation mode.
   *
   * @example const figures = await run.evaluate(dataset);
   */
  async evaluate(set: Dataset): Promise<Record<string, number>> {
    if (!(set instanceof Dataset)) throw new ConfigError("evaluate: give a data set, as sets.test");
    const ready = this.#ready(set, "evaluate");
    checkTokens(this.experiment, "evaluate", [{ name: set.name, x: ready.x }]);
    const known = this.experiment.splits.train.classes;
    const other = known && set.classes?.findIndex((name, label) => name !== known[label]);
    if (other !== undefined && other >= 0) {
      throw new ConfigError(
        `evaluate: class ${other} of ${set.name} is "${set.classes?.[other]}", and was ${known?.[other] === undefined ? "not there" : `"${known[other]}"`} in training; give examples whose classes are the same in the same order, as one file split in parts has them`,
      );
    }
    const figures = await this.#onDevice((device) =>
      device.evaluateSet("given", set.with(ready), maybeContext()?.signal),
    );
    if (!figures) throw new Interrupted("interrupted while evaluating");
    return figures;
  }

  /**
   * Examples as the model takes them: raw ones through the transforms of its training data. Throws ConfigError for examples that went
   * through others.
   */
  #ready(given: Dataset | HostTensor, where: string): { readonly x: HostTensor; readonly prepared: Prepared | null } {
    const { prepared } = this;
    const x = given instanceof Dataset ? given.x : given;
    const origin = originOf(x);
    if (origin instanceof Prepared) {
      if (origin.equals(prepared)) return { x, prepared };
      throw new ConfigError(
        `${where}: these examples went through other transforms than those the run was trained on (${prepared ?? "none"}); give raw ones, as they were read`,
      );
    }
    if (!prepared) return { x, prepared };
    const raw = x.reshape([x.shape[0] ?? 0, -1]);
    const made = given instanceof Dataset ? prepared.applyNamed(raw, given.columns, where) : prepared.apply(raw);
    const example = this.experiment.splits.train.x.shape.slice(1);
    return { x: sizeOf(made.shape.slice(1)) === sizeOf(example) ? made.reshape([-1, ...example]) : made, prepared };
  }

  /**
   * Writes a safetensors file with PyTorch's names: the weights, and with them what `resume` needs unless they are those
   * of an earlier, best epoch. Relative paths start at the notebook. Returns the whole path.
   *
   * @example run.save("model.safetensors");
   */
  save(path: string): string {
    const full = fileOf(path, "save", "model.safetensors");
    const whole = this.weights === this.checkpoint.state;
    writeCheckpoint(full, this.config.model, whole ? this.checkpoint : weightsOnly(this.weights, this.prepared));
    return full;
  }

  /**
   * Writes the model as an ONNX file: what `predict` computes, in evaluation mode, for any number of examples. Weights have
   * PyTorch's names; what the transforms of the data did stands in the file's description and is not part of the graph.
   * Relative paths start at the notebook. Returns the whole path. Throws ConfigError naming the layer and op that cannot be exported.
   *
   * @example await run.exportOnnx("model.onnx");
   */
  async exportOnnx(path: string, given?: Options<typeof exportParams>): Promise<string> {
    const full = fileOf(path, "exportOnnx", "model.onnx");
    if (statSync(full, { throwIfNoEntry: false })?.isDirectory()) {
      throw new ConfigError(`exportOnnx: ${full} is a folder; give the name of a file`);
    }
    const bytes = onnxOfRun(this, check(exportParams, given, "exportOnnx"));
    await mkdir(dirname(full), { recursive: true });
    const temporary = `${full}.${process.pid}.tmp`;
    await writeFile(temporary, bytes);
    await rename(temporary, full);
    return full;
  }

  async #onDevice<T>(work: (device: DeviceModel) => Promise<T>): Promise<T> {
    const device = new DeviceModel(await backendOf(currentContext(), this.progress?.backend), this.config);
    try {
      device.load(this.weights);
      return await work(device);
    } finally {
      device.dispose();
    }
  }

  toString(): string {
    const { name, steps, epochs, seconds, backend, stopped, final, loaded } = this.record;
    const how = {
      finished: "finished",
      interrupted: "interrupted",
      early: "stopped early",
      "non-finite": "stopped: not finite",
    };
    const head = loaded
      ? `${name}${steps ? `: ${count(steps, "step")}` : ""}`
      : `${name}: ${how[stopped]} after ${count(epochs, "epoch")} (${count(steps, "step")}) in ${seconds.toFixed(1)} s on ${backend}`;
    const parts = figureLines(final);
    const averaged = this.#averaged ? figureLines(this.#averaged.final, "averaged ") : [];
    const { instruments } = this;
    const looks =
      instruments && instruments.mode !== "off" ? [`  instruments "${instruments.mode}": ${instruments}`] : [];
    const left = Object.entries(loaded ?? {}).flatMap(([what, names]) =>
      names.length ? [`  ${what}  ${names.join(", ")}`] : [],
    );
    const { evaluations, products = 0 } = this.progress?.numbers ?? {};
    const passes =
      evaluations === undefined
        ? []
        : [
            `  ${count(evaluations, "evaluation")} of the whole training set${products ? `, ${count(products, "Hessian-vector product")}` : ""}`,
          ];
    return [head, ...left, ...parts, ...averaged, ...passes, ...looks].join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("dlnb.display")](): OutputItem[] {
    return [{ mime: "text/plain", data: this.toString() }];
  }
}

/** Where a file goes; relative paths start at the notebook. Throws ConfigError for what is no name of a file. */
function fileOf(path: unknown, where: string, example: string): string {
  if (typeof path !== "string" || path === "" || /[\\/]$/.test(path)) {
    throw new ConfigError(`${where}: ${JSON.stringify(path)} is no file name; give one such as "${example}"`);
  }
  return isAbsolute(path) ? path : resolve(currentContext().notebookFolder, path);
}

/** A run of averaged weights, beside the one that they are of. */
export const averagedRun = (
  record: RunRecord,
  experiment: Experiment,
  { weights, valid = {}, test = {} }: Averaged,
): Run => {
  const final = { ...named("valid", valid), ...named("test", test) };
  const checkpoint = weightsOnly(weights, experiment.splits.train.prepared);
  return new Run({ ...record, name: `${record.name}, averaged`, final }, experiment, checkpoint, weights);
};

/** Figures of the parts of the data, a line for each. */
const figureLines = (final: Readonly<Record<string, number>>, what = ""): string[] =>
  ["train", "valid", "test"].flatMap((part) => {
    const own = Object.entries(final).filter(([key]) => key.startsWith(part));
    const figures = own.map(([key, v]) => `${decapital(key.slice(part.length))} ${Number(v.toPrecision(4))}`);
    return figures.length ? [`  ${`${what}${part}`.padEnd(5)}  ${figures.join(", ")}`] : [];
  });

const count = (n: number, noun: string): string => `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;

const decapital = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
