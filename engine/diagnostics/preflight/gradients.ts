import * as ops from "../../ops/index.ts";
import { buildPlan } from "../../plan/index.ts";
import { words } from "../../random/index.ts";
import type { DeviceModel, StepScalars } from "../../session/device.ts";
import { type DeviceData, gradientsOf, pass, passBuffers, type StepConfig } from "../../session/forward.ts";
import { viewAs } from "../../tensor/index.ts";

/** Relative error above which a gradient is wrong: the usual limit for f32. */
export const WRONG = 1e-2;
/** Sizes of the differences, times the tensor's own scale: the smaller step over kinks, the larger stand out of the rounding. */
const STEPS = [1e-2, 3e-3, 1e-3, 3e-4];
/** Differences of the loss for changes so small that nothing but rounding shows. */
const TINY = 1e-7;
/** Times the rounding that a slope must be to be told from it. */
const CLEAR = 30;
/** And to be a witness: a wrong gradient is off at every step that shows anything, a kink within reach of the larger ones only. */
const WITNESS = 3;
/** Share of a slope by which those of its two sides may differ where it is to be judged. */
const BENT = 0.1;
/** Losses per submit. */
const CHUNK = 48;
const SAMPLE_STREAM = 0x5eed0008;

/** A tensor whose gradient was compared. */
export interface CheckedGradient {
  readonly name: string;
  /** Elements that were compared, and those of them that are no kink and large enough to be told from rounding. */
  readonly sampled: number;
  readonly told: number;
  /** Largest relative difference of the told ones. */
  readonly relative: number;
  /** The same less what rounding and curvature explain: above WRONG the gradient is wrong. */
  readonly error: number;
  /** Of the element with that difference. */
  readonly backprop: number;
  readonly difference: number;
}

interface Sample {
  readonly tensor: number;
  readonly index: number;
  readonly gradient: number;
  readonly scale: number;
}

/**
 * Backpropagation against central differences (L(p + h) - L(p - h)) / 2h of the batch's loss, for `perTensor` elements of each
 * tensor: half of them those with the largest gradient, half drawn. Each is compared at several h, and the best counts: a kink of ReLU
 * or max pooling is out of reach of the smaller ones, while a wrong gradient is wrong at all. Where the slopes of both sides differ by
 * over a tenth there is a kink, and no one derivative; slopes under 30 times the loss's rounding, measured at the same weights, cannot be
 * told. Neither is judged; but slopes over 3 times the rounding at a smaller h may clear a gradient that a larger one, with kinks on
 * both sides of it, speaks against, and by what the
 * slope itself moves from one h to the next nothing is judged.
 *
 * The device's weights, order of examples and noise are as the caller left them, and stay so.
 */
export async function checkedGradients(
  device: DeviceModel,
  data: DeviceData,
  { examples, perTensor, seed }: { examples: number; perTensor: number; seed: number },
  progress: (share: number) => void,
): Promise<CheckedGradient[]> {
  const { config } = device;
  const { slices, words: length } = config.model.parameters;
  const backward = await device.program(`gradient check, backward ${examples}`, (max) =>
    backwardPlan(config, data, examples, max),
  );
  const forward = await device.program(`gradient check, forward ${examples}`, (max) =>
    forwardPlan(config, data, examples, max),
  );
  const at = (index: number, by: number): StepScalars => ({
    hyper: { index, by },
    cursor: 0,
    noiseSeed: seed,
    noiseStep: 1,
  });
  const [base] = Array.from((await backward.run([at(0, 0)])).loss as Float64Array) as [number];
  const gradient = viewAs("f32", await device.read("checked gradient"));
  const weights = viewAs("f32", await device.read("parameters"));

  const samples = slices.flatMap(({ offset, size }, tensor): Sample[] => {
    const own = gradient.subarray(offset, offset + size);
    let squares = 0;
    for (let i = offset; i < offset + size; i++) squares += (weights[i] as number) ** 2;
    const scale = Math.max(1, Math.sqrt(squares / size));
    return chosen(own, perTensor, seed, tensor).map((i) => ({
      tensor,
      index: offset + i,
      gradient: own[i] as number,
      scale,
    }));
  });

  const asked: StepScalars[] = [
    ...samples.slice(0, 8).flatMap(({ index }) => [at(index, TINY), at(index, -TINY)]),
    ...samples.flatMap(({ index, scale }) => STEPS.flatMap((h) => [at(index, h * scale), at(index, -h * scale)])),
  ];
  const losses: number[] = [];
  for (let from = 0; from < asked.length; from += CHUNK) {
    progress(from / asked.length);
    losses.push(...((await forward.run(asked.slice(from, from + CHUNK))).loss as Float64Array));
  }
  const probes = 2 * Math.min(8, samples.length);
  const ulp = Math.abs(base) * 2 ** -23;
  const rounding = losses.slice(0, probes).reduce((most, l) => Math.max(most, Math.abs(l - base)), 2 * ulp);

  const compared = samples.map((sample, s) => {
    const best = {
      error: Number.POSITIVE_INFINITY,
      relative: Number.POSITIVE_INFINITY,
      told: false,
      difference: Number.NaN,
    };
    const slopes = STEPS.map((step, k) => {
      const h = step * sample.scale;
      const first = probes + 2 * (s * STEPS.length + k);
      const [up, down] = [losses[first] as number, losses[first + 1] as number];
      const bend = Math.abs(up - base - (base - down)) / h;
      return { difference: (up - down) / (2 * h), noise: rounding / h, bend };
    });
    for (const [k, { difference, noise, bend }] of slopes.entries()) {
      const size = Math.max(Math.abs(difference), Math.abs(sample.gradient));
      if (!(size > WITNESS * noise) && Number.isFinite(size)) continue;
      const clear = !(size <= CLEAR * noise);
      // slopes of the two sides differ by curvature, a little, and by kinks
      if (bend > BENT * size + 2 * noise) continue;
      if (clear) best.told = true;
      // kinks on both sides alike bend nothing, but the slope moves with h as they come within reach
      const moved = [slopes[k - 1], slopes[k + 1]].reduce(
        (most, other) => (other ? Math.max(most, Math.abs(difference - other.difference) - other.noise) : most),
        0,
      );
      const off = Math.abs(difference - sample.gradient) - noise - bend / 2 - moved;
      const error = Number.isFinite(off) ? Math.max(0, off) / size : Number.POSITIVE_INFINITY;
      const relative = size > 0 ? Math.abs(difference - sample.gradient) / size : 0;
      if (error < best.error || (error === best.error && relative < best.relative))
        Object.assign(best, { error, relative, difference });
    }
    return { ...sample, ...best };
  });
  if (length === 0) return [];
  return slices.map(({ name }, tensor) => {
    const own = compared.filter((c) => c.tensor === tensor);
    const told = own.filter((c) => c.told);
    const worst = told.reduce<(typeof told)[number] | undefined>(
      (w, c) => (w && w.error >= c.error ? w : c),
      undefined,
    );
    return {
      name,
      sampled: own.length,
      told: told.length,
      relative: told.reduce((most, c) => Math.max(most, c.relative), 0),
      error: worst?.error ?? 0,
      backprop: worst?.gradient ?? 0,
      difference: worst?.difference ?? 0,
    };
  });
}

/** Places of the elements to compare: the largest gradients and some that chance picks. */
function chosen(gradient: ArrayLike<number>, count: number, seed: number, tensor: number): number[] {
  const order = Array.from({ length: gradient.length }, (_, i) => i);
  if (gradient.length <= count) return order;
  order.sort((a, b) => Math.abs(gradient[b] as number) - Math.abs(gradient[a] as number));
  const picked = new Set(order.slice(0, Math.ceil(count / 2)));
  for (const word of words(seed, SAMPLE_STREAM, tensor, 8 * count)) {
    if (picked.size >= count) break;
    picked.add(word % gradient.length);
  }
  return [...picked];
}

function backwardPlan(config: StepConfig, data: DeviceData, examples: number, maxBuffersPerLaunch: number) {
  const forward = pass(config, data, examples, { training: true, ordered: true });
  const gradients = gradientsOf(config, forward);
  return buildPlan({
    label: `gradient check of ${examples} examples, backward`,
    buffers: { ...passBuffers(config, data), "checked gradient": config.model.parameters.words },
    inputs: forward.places,
    stages: [
      {
        rows: [{ name: "loss", value: forward.loss }],
        stores: config.model.parameters.slices.map(({ offset }, i) => ({
          value: gradients[i] as ops.Tensor,
          buffer: "checked gradient",
          offset,
        })),
      },
    ],
    maxBuffersPerLaunch,
  });
}

/** The loss with scalar `by` added to element `index` of the flat parameters. */
function forwardPlan(config: StepConfig, data: DeviceData, examples: number, maxBuffersPerLaunch: number) {
  const { words: length, slices } = config.model.parameters;
  const flat = ops.input("flat parameters", [length]);
  const here = ops.equal(ops.iota([length], 0), ops.broadcastTo(ops.scalar("index", "i32"), [length]));
  const moved = ops.add(flat, ops.select(here, ops.broadcastTo(ops.scalar("by"), [length]), 0));
  const parameters = Object.fromEntries(
    slices.map(({ name, shape, offset, size }) => [
      name,
      ops.reshape(ops.slice(moved, 0, offset, offset + size), shape),
    ]),
  );
  const forward = pass(config, data, examples, { training: true, ordered: true, parameters });
  return buildPlan({
    label: `gradient check of ${examples} examples, forward`,
    buffers: passBuffers(config, data),
    inputs: { ...forward.places, "flat parameters": { buffer: "parameters", offset: 0 } },
    stages: [{ rows: [{ name: "loss", value: forward.loss }] }],
    maxBuffersPerLaunch,
  });
}
