import type { Dataset } from "../../data/index.ts";
import { ConfigError, Interrupted } from "../../errors/index.ts";
import * as ops from "../../ops/index.ts";
import { input, scalar, type Tensor } from "../../ops/index.ts";
import { type BuiltPlan, buildPlan } from "../../plan/index.ts";
import { permutation } from "../../random/index.ts";
import type { DeviceModel, Program, StepScalars } from "../../session/device.ts";
import { bufferWords, type DeviceData, dataWords, gradientsOf, type Pass, pass } from "../../session/forward.ts";
import { penaltyOf } from "../../session/regularizing.ts";
import { viewAs } from "../../tensor/index.ts";
import { inSubmits } from "./submits.ts";

/** Examples of one batch in evaluation mode at most. */
const BATCH = 256;
/** Stream of the choice of examples. */
const SAMPLE_STREAM = 0x5eed0011;

const SHARE = "share";
const KEPT = "kept";

/** What an objective is made of. */
export interface ObjectiveOptions {
  /** Examples of the training set; all of a smaller one. */
  readonly samples: number;
  /** Batch statistics and dropout as in training, in batches of the experiment's size; otherwise evaluation mode. */
  readonly training: boolean;
  readonly batchSize: number;
  /** Examples of one batch in evaluation mode at most; 256 when not given. */
  readonly batch?: number;
  readonly seed: number;
  /** Tells apart the objectives that share a device; "sampled" when not given. */
  readonly name?: string;
  /** With the penalties on weights that training lowers too; false when not given. */
  readonly penalized?: boolean;
  /** Ends work between submits, with Interrupted. */
  readonly stopped: () => boolean;
}

/**
 * A fixed function of the weights: the mean loss over some examples, with its gradient and the products of its Hessian
 * with vectors, by automatic differentiation on the device, summed over batches. Vectors are flat as the parameters.
 * In training mode the noise of dropout is that of step 1 and each batch has its own statistics.
 */
export class Objective {
  readonly device: DeviceModel;
  /** The examples. */
  readonly set: Dataset;
  readonly data: DeviceData;
  /** Examples that count. */
  readonly samples: number;
  readonly training: boolean;
  /** Passes over the examples so far, by what was computed. */
  readonly passes = { losses: 0, gradients: 0, products: 0 };
  readonly #batches: readonly { batch: number; cursors: readonly number[] }[];
  readonly #seed: number;
  readonly #stopped: () => boolean;
  readonly #penalized: boolean;

  constructor(device: DeviceModel, set: Dataset, options: ObjectiveOptions) {
    this.device = device;
    this.training = options.training;
    this.#seed = options.seed;
    this.#stopped = options.stopped;
    this.#penalized = options.penalized === true;
    this.set = sampled(set, options.samples, options.seed);
    this.data = device.upload(options.name ?? "sampled", this.set);
    const { count } = this.data;
    const size = options.training ? Math.min(options.batchSize, count) : Math.min(options.batch ?? BATCH, count);
    const whole = Math.floor(count / size);
    // a batch of another size has other statistics: in training mode it is left out
    const rest = options.training ? 0 : count - whole * size;
    this.#batches = [
      { batch: size, cursors: Array.from({ length: whole }, (_, i) => i * size) },
      { batch: rest, cursors: rest ? [whole * size] : [] },
    ].filter(({ cursors }) => cursors.length > 0);
    this.samples = whole * size + rest;
  }

  /** What is looked at, of one batch: the penalty is the same for all, and their shares add up to 1. */
  #value({ loss, parameters }: Pass): Tensor {
    const penalty = this.#penalized ? penaltyOf(this.device.config, parameters) : null;
    return penalty ? ops.add(loss, penalty) : loss;
  }

  /** Size of the flat vectors. */
  get words(): number {
    return this.device.config.model.parameters.words;
  }

  /** Goes on at other weights. */
  moveTo(parameters: ArrayLike<number>): void {
    this.device.write("parameters", Float32Array.from(parameters));
  }

  async loss(): Promise<number> {
    this.passes.losses += 1;
    return (await this.#sum("loss", (p) => ({ loss: this.#value(p) }))).loss;
  }

  async gradient(): Promise<{ loss: number; gradient: Float64Array }> {
    this.passes.gradients += 1;
    const { loss, vector } = await this.#sum("gradient", (p, config) => ({
      loss: this.#value(p),
      vectors: gradientsOf(config, { ...p, loss: this.#value(p) }),
    }));
    return { loss, gradient: vector };
  }

  /** H v: the gradient of the dot product of the gradient with v. Pearlmutter 1994, equation 2, by double reverse mode. */
  async product(v: ArrayLike<number>): Promise<Float64Array> {
    this.passes.products += 1;
    this.device.write("direction", Float32Array.from(v));
    const { vector } = await this.#sum("product", (p, config, places) => {
      const { slices } = config.model.parameters;
      const dots = gradientsOf(config, { ...p, loss: this.#value(p) }).map((g, i) => {
        const { name, shape, offset } = slices[i] as (typeof slices)[number];
        places[`direction ${name}`] = { buffer: "direction", offset };
        return ops.sum(ops.mul(g, input(`direction ${name}`, shape)));
      });
      const slope = dots.reduce((a, b) => ops.add(a, b));
      return {
        loss: this.#value(p),
        vectors: ops.gradients(
          slope,
          slices.map(({ name }) => p.parameters[name] as Tensor),
        ),
      };
    });
    return vector;
  }

  /** The batches that make up the mean: where each begins, how many examples it has, and its share. */
  get batches(): readonly { batch: number; cursor: number; share: number }[] {
    return this.#batches.flatMap(({ batch, cursors }) =>
      cursors.map((cursor) => ({ batch, cursor, share: batch / this.samples })),
    );
  }

  /** Scalars of a step of this objective. */
  scalars(cursor: number, hyper: Readonly<Record<string, number>>): StepScalars {
    return { hyper, cursor, noiseSeed: this.#seed, noiseStep: 1 };
  }

  /** Adds up what `what` computes of each batch, weighted by its share of the examples. */
  async #sum(
    kind: string,
    what: (p: Pass, config: DeviceModel["config"], places: Pass["places"]) => { loss: Tensor; vectors?: Tensor[] },
  ): Promise<{ loss: number; vector: Float64Array }> {
    const { device, data, training, samples } = this;
    let loss = 0;
    let first = true;
    for (const { batch, cursors } of this.#batches) {
      const program = await this.#program(`${kind} ${data.name} ${training} ${batch}`, (max) =>
        summingPlan(device.config, data, { batch, training, label: kind }, what, max),
      );
      const share = batch / samples;
      const scalars = cursors.map((cursor) => {
        const kept = first ? 0 : 1;
        first = false;
        return this.scalars(cursor, { [SHARE]: share, [KEPT]: kept });
      });
      const done = await inSubmits(program, scalars, {
        stopped: this.#stopped,
        take: (rows, _, count) => {
          for (let i = 0; i < count; i++) loss += share * (rows.loss?.[i] as number);
        },
      });
      if (done < scalars.length) throw new Interrupted(`interrupted in a ${kind} over ${samples} examples`);
    }
    if (kind === "loss") return { loss, vector: new Float64Array() };
    return { loss, vector: Float64Array.from(viewAs("f32", await device.read("sum"))) };
  }

  #program(key: string, build: (maxBuffersPerLaunch: number) => BuiltPlan): Promise<Program> {
    return this.device.program(`objective ${key}`, build);
  }
}

/** `loss` as a row; `vectors`, weighted, added to buffer "sum", which the first batch starts anew. */
function summingPlan(
  config: DeviceModel["config"],
  data: DeviceData,
  { batch, training, label }: { batch: number; training: boolean; label: string },
  what: (p: Pass, config: DeviceModel["config"], places: Pass["places"]) => { loss: Tensor; vectors?: Tensor[] },
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const forward = pass(config, data, batch, { training, ordered: false });
  const { places } = forward;
  const { loss, vectors } = what(forward, config, places);
  const { slices, words } = config.model.parameters;
  places.part = { buffer: "part", offset: 0 };
  places.sum = { buffer: "sum", offset: 0 };
  const before = ops.select(
    ops.broadcastTo(ops.equal(scalar(KEPT), 0), [words]),
    ops.constant(0, [words]),
    input("sum", [words]),
  );
  const sum = ops.add(before, ops.mul(input("part", [words]), scalar(SHARE)));
  return buildPlan({
    label: `${label}, batch ${batch}`,
    buffers: { ...bufferWords(config), ...dataWords(data), direction: words, part: words, sum: words },
    inputs: places,
    stages: vectors
      ? [
          {
            rows: [{ name: "loss", value: loss }],
            stores: vectors.map((value, i) => ({ value, buffer: "part", offset: slices[i]?.offset as number })),
          },
          { stores: [{ value: sum, buffer: "sum", offset: 0 }] },
        ]
      : [{ rows: [{ name: "loss", value: loss }] }],
    maxBuffersPerLaunch,
  });
}

/** `count` examples drawn without replacement, in the order of the set; all of a set that has no more. */
function sampled(set: Dataset, count: number, seed: number): Dataset {
  if (set.size === 0) throw new ConfigError(`${set.name} has no examples`);
  if (set.size <= count) return set;
  return set.rows(permutation(seed, SAMPLE_STREAM, 0, set.size).subarray(0, count).sort());
}
