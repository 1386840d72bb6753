import type { Backend } from "../backends/backend.ts";
import type { RunContext } from "../context/index.ts";
import { Objective } from "../diagnostics/curvature/objective.ts";
import { BackendError, ConfigError, Interrupted, NonFiniteError } from "../errors/index.ts";
import { traceModel } from "../nn/index.ts";
import { constant, input, scalar, type Tensor, topological } from "../ops/index.ts";
import { type Evaluation, type FullBatch, isFullBatch, type Memory, type Problem } from "../optim/index.ts";
import type { RunSummary } from "../protocol/index.ts";
import { Course } from "./course.ts";
import type { DeviceModel, RunState } from "./device.ts";
import { evaluationBatch } from "./evaluationBatches.ts";
import type { Experiment } from "./experiment.ts";
import { type DeviceData, modelInputs, NOISE_SEED, type StepConfig } from "./forward.ts";
import type { Layout } from "./layout.ts";
import type { Weights } from "./model.ts";
import { nonFinite } from "./nonFinite.ts";
import type { FitOptions } from "./options.ts";
import type { Run } from "./run.ts";
import { Trace } from "./trace.ts";

/** Where a run is trained, and the weights that were made there for it to begin with. */
export interface OnDevice {
  readonly backend: Backend;
  readonly device: DeviceModel;
  readonly weights?: Weights | undefined;
}

/** Trains by a method that looks at the whole training set: a step of the run is one of the method's, and so is an epoch. */
export async function trainFullBatch(
  experiment: Experiment,
  options: FitOptions,
  context: RunContext,
  given: OnDevice,
): Promise<Run> {
  const { optimizer } = experiment.config;
  if (options.instruments !== "off") {
    throw new ConfigError(`fit: instruments look between steps on minibatches, which ${optimizer.type} does not make`);
  }
  return await new FullBatchFit(experiment, optimizer as FullBatch, options, context, given).run();
}

/** What does not go with a method that takes the loss for one function of the weights. Throws ConfigError. */
export function checkFullBatch({ config, options, splits }: Experiment): void {
  const { optimizer, model } = config;
  if (!isFullBatch(optimizer)) return;
  if (options.accumulate > 1) {
    throw new ConfigError(`experiment: ${optimizer.type} takes all examples for every step; leave out accumulate`);
  }
  const limit = config.regularize.find(({ definition }) => definition.limit);
  if (limit) {
    throw new ConfigError(
      `experiment: ${optimizer.type} chooses its own steps, which regularize.${limit.type} would undo; take a penalty such as regularize.l2()`,
    );
  }
  if (options.average) {
    throw new ConfigError(`experiment: ${optimizer.type} makes few, large steps; leave out average`);
  }
  if (options.clip) throw new ConfigError(`experiment: ${optimizer.type} chooses its own steps; leave out clip`);
  const { noisy, moving } = whatMoves(config, splits.train.x.shape.slice(1), splits.train.x.dtype);
  const instead = `${optimizer.type} takes the loss for one function of the weights`;
  if (noisy !== undefined) {
    throw new ConfigError(`experiment: ${instead}, and ${noisy} makes it another one each time; leave that layer out`);
  }
  if (moving.length === 0) return;
  const [first] = model.running.slices;
  throw new ConfigError(
    `experiment: ${instead}, and every look would move the running statistics (${first?.name}); take a layer such as nn.layerNorm() instead`,
  );
}

/** In training mode: the first layer that draws random numbers, and the running statistics that move. */
function whatMoves(config: StepConfig, example: readonly number[], dtype: Tensor["dtype"]) {
  const { parameters, buffers } = modelInputs(config);
  const { layers, output, bufferUpdates } = traceModel(config.model.layer, input("x", [2, ...example], dtype), {
    parameters,
    buffers,
    training: true,
    seed: scalar(NOISE_SEED, "u32"),
    step: constant(0, [], "u32"),
  });
  const random = (t: Tensor) => topological([t]).some(({ op, attrs }) => op === "input" && attrs.name === NOISE_SEED);
  const found = random(output)
    ? layers.find((layer) => !layer.container && random(layer.output) && !random(layer.input))
    : undefined;
  return {
    noisy: random(output) ? `${found?.path ?? "the model"} ${found?.type ?? ""}`.trim() : undefined,
    moving: Object.keys(bufferUpdates),
  };
}

class FullBatchFit {
  readonly #optimizer: FullBatch;
  readonly #context: RunContext;
  readonly #device: DeviceModel;
  readonly #data: DeviceData;
  readonly #course: Course;
  readonly #trace: Trace;
  readonly #problem: CountedProblem;
  readonly #experiment: Experiment;
  #memory: Memory;
  #x: Float64Array;

  constructor(
    experiment: Experiment,
    optimizer: FullBatch,
    options: FitOptions,
    context: RunContext,
    { backend, device, weights }: OnDevice,
  ) {
    this.#experiment = experiment;
    this.#optimizer = optimizer;
    this.#context = context;
    this.#device = device;
    this.#data = device.upload("train", experiment.splits.train);
    this.#course = new Course(experiment, options, context, { backend, data: this.#data, weights });
    const { beginning, step, extent } = this.#course;
    device.load({ parameters: beginning.parameters, running: beginning.running });
    this.#trace = new Trace(options.trace, device, step, extent.steps);
    const { parameters } = experiment.config.model;
    this.#x = packed(parameters, beginning.parameters);
    this.#problem = new CountedProblem(experiment, device, {
      stopped: () => context.signal.aborted,
      told: () => this.#course.telling.progress(this.#course.standing),
    });
    const { evaluations = 0, products = 0, ...numbers } = beginning.numbers ?? {};
    this.#problem.evaluations = evaluations;
    this.#problem.products = products;
    this.#memory = {
      vectors: Object.fromEntries(
        Object.entries(beginning.optimizer ?? {}).map(([name, values]) => [name, packed(parameters, values)]),
      ),
      numbers,
    };
  }

  async run(): Promise<Run> {
    const course = this.#course;
    let released: (() => void) | undefined;
    try {
      course.start();
      released = this.#context.steered?.(course.steered);
      if (this.#trace.due(course.step)) await this.#trace.take(course.step, this.#device);
      return await this.#end(await this.#stepsUntilDone());
    } catch (error) {
      if (error instanceof NonFiniteError) throw error;
      course.telling.failed(error);
      if (!(error instanceof BackendError)) throw error;
      throw new BackendError(`${error.message}; training stopped after step ${course.step}, ${course.left}`, {
        cause: error,
      });
    } finally {
      released?.();
      course.telling.close();
    }
  }

  async #stepsUntilDone(): Promise<RunSummary["stopped"]> {
    const course = this.#course;
    while (course.step < course.extent.steps) {
      if (course.steering.paused) await course.hold(async () => this.#state(), this.#context.signal);
      if (this.#context.signal.aborted) return "interrupted";
      course.send(course.step + 1);
      try {
        await this.#step();
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        this.#moveTo(this.#x);
        return "interrupted";
      }
      if (course.failure) return "non-finite";
      if (this.#trace.due(course.step)) await this.#trace.take(course.step, this.#device);
      if (await this.#endEpoch(course.step - 1)) return "early";
    }
    return "finished";
  }

  /** One step of the method. Where it leads to no finite loss, nothing changes. */
  async #step(): Promise<void> {
    const course = this.#course;
    const { step } = course;
    const scalars = course.scalars(step, step);
    const { lr } = scalars.hyper;
    const { definition, options } = this.#optimizer;
    const { x, memory, before } = await definition.step({
      x: this.#x,
      problem: this.#problem,
      memory: this.#memory,
      options: lr === undefined ? options : { ...options, lr },
    });
    const at = x.map(Math.fround);
    this.#moveTo(at);
    // figures of where it came to: a few steps are the whole run
    const figures = await this.#device.tally(this.#data);
    const { loss = Number.NaN } = figures.figures;
    const ok = Number.isFinite(loss) && Number.isFinite(before.loss) && at.every(Number.isFinite);
    if (ok) {
      this.#x = at;
      this.#memory = rounded(memory);
    } else {
      this.#moveTo(this.#x);
    }
    course.take(step, this.#data.count, [scalars], {
      loss: Float64Array.of(loss),
      ok: Float64Array.of(Number(ok)),
      "gradient norm squared": Float64Array.of(before.gradient.reduce((sum, g) => sum + g * g, 0)),
      ...figures.rows,
    });
  }

  #moveTo(x: Float64Array): void {
    this.#device.write("parameters", spread(this.#layout, x));
  }

  get #layout(): Layout {
    return this.#device.config.model.parameters;
  }

  async #endEpoch(epoch: number): Promise<boolean> {
    const { valid } = this.#experiment.splits;
    const validates = this.#course.closes(epoch);
    const figures = valid && validates ? await this.#device.evaluate(this.#device.upload("valid", valid)) : undefined;
    return await this.#course.endEpoch(epoch, figures, async () => this.#state());
  }

  #state(): RunState {
    const { vectors, numbers } = this.#memory;
    const { evaluations, products } = this.#problem;
    return {
      parameters: spread(this.#layout, this.#x),
      running: this.#course.beginning.running,
      optimizer: Object.fromEntries(Object.entries(vectors).map(([name, v]) => [name, spread(this.#layout, v)])),
      numbers: { ...numbers, evaluations, products },
    };
  }

  async #end(stopped: RunSummary["stopped"]): Promise<Run> {
    const course = this.#course;
    const state = this.#state();
    const weights = course.settle(stopped, state);
    if (weights !== state) this.#device.load(weights);
    const { test } = this.#experiment.splits;
    const tests = test && stopped !== "interrupted" && stopped !== "non-finite";
    const run = course.finish(stopped, {
      ...(tests ? { test: await this.#device.evaluate(this.#device.upload("test", test)) } : {}),
      trace: this.#trace.snapshots,
    });
    if (course.failure) throw await this.#whatFailed(course.failure);
    return run;
  }

  /** What is not finite where the step began, or that the step left what is. */
  async #whatFailed(failure: NonNullable<Course["failure"]>): Promise<NonFiniteError> {
    this.#device.setOrder(Int32Array.from({ length: this.#data.count }, (_, i) => i));
    const { type } = this.#optimizer;
    if (Number.isFinite(await this.#problem.loss(this.#x))) {
      const { folder } = this.#course.telling;
      return new NonFiniteError(
        `training stopped at step ${failure.step}: ${type} came to weights where the loss is not finite; the state before that step is ${folder === null ? "in the experiment's last run" : `kept in ${folder}`}; lower lr or let it search along its line`,
      );
    }
    return await nonFinite(this.#device, this.#data, failure, this.#course.telling.folder);
  }
}

/** The loss over all training examples on the device, as a method sees it: packed vectors, f64, every look counted. */
export class CountedProblem implements Problem {
  /** Passes over the training set: losses, with or without gradients, and Hessian-vector products. */
  evaluations = 0;
  products = 0;
  readonly #objective: Objective;
  readonly #layout: Layout;
  readonly #told: () => void;

  /** `stopped` ends a look with Interrupted, `told` is called before every one. */
  constructor(
    { config, splits, options }: Pick<Experiment, "config" | "splits" | "options">,
    device: DeviceModel,
    { stopped, told }: { stopped: () => boolean; told: () => void },
  ) {
    const { train } = splits;
    this.#layout = config.model.parameters;
    this.#told = told;
    this.#objective = new Objective(device, train, {
      samples: train.size,
      training: false,
      batchSize: options.batchSize,
      // one batch of everything is exact for every loss; where memory forbids it, batches count by their examples
      batch: evaluationBatch(config.model, train.size),
      seed: 0,
      name: "train",
      penalized: true,
      stopped,
    });
  }

  get size(): number {
    return this.#layout.slices.reduce((n, { size }) => n + size, 0);
  }

  async loss(x: Float64Array): Promise<number> {
    this.#look(x);
    return await this.#objective.loss();
  }

  async evaluate(x: Float64Array): Promise<Evaluation> {
    this.#look(x);
    const { loss, gradient } = await this.#objective.gradient();
    return { loss, gradient: packed(this.#layout, gradient) };
  }

  async product(x: Float64Array, v: Float64Array): Promise<Float64Array> {
    this.#told();
    this.products += 1;
    this.#objective.moveTo(spread(this.#layout, x));
    return packed(this.#layout, await this.#objective.product(spread(this.#layout, v)));
  }

  #look(x: Float64Array): void {
    this.#told();
    this.evaluations += 1;
    this.#objective.moveTo(spread(this.#layout, x));
  }
}

const rounded = ({ vectors, numbers }: Memory): Memory => ({
  vectors: Object.fromEntries(Object.entries(vectors).map(([name, v]) => [name, v.map(Math.fround)])),
  numbers,
});

/** The numbers of the parameters, without the words between them. */
function packed({ slices }: Layout, flat: ArrayLike<number>): Float64Array {
  const out = new Float64Array(slices.reduce((n, { size }) => n + size, 0));
  let at = 0;
  for (const { offset, size } of slices) {
    for (let i = 0; i < size; i++) out[at + i] = flat[offset + i] as number;
    at += size;
  }
  return out;
}

/** Packed numbers where the device has them. */
function spread({ words, slices }: Layout, x: Float64Array): Float32Array {
  const out = new Float32Array(words);
  let at = 0;
  for (const { offset, size } of slices) {
    for (let i = 0; i < size; i++) out[offset + i] = x[at + i] as number;
    at += size;
  }
  return out;
}
