import { ConfigError } from "../../errors/index.ts";
import { int } from "../../params/index.ts";
import { count, significant } from "../../plots/format.ts";
import { batchNormHistory } from "../../plots/overTime/batchNormHistory.ts";
import { batchNormParameters } from "../../plots/overTime/batchNormParameters.ts";
import { labelOf } from "../../plots/overTime/parts.ts";
import type { Instruments, NormLooks } from "../../session/instruments/index.ts";
import { viewAs } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { batchNormGap, type NormGap } from "./batchNormGap.ts";
import { seenOf } from "./seen.ts";

/** What one batch norm saw and did at each look. */
export interface NormOverTime {
  readonly path: string;
  readonly type: string;
  readonly channels: number;
  /** Before normalization and after, over the batch. */
  readonly inputMean: Float64Array;
  readonly inputStd: Float64Array;
  readonly outputMean: Float64Array;
  readonly outputStd: Float64Array;
  /**
   * How far running statistics are from the batch's, over the channels: the root mean square of the means' difference in
   * deviations of the batch, and the mean of |log2(running deviation / batch deviation)|.
   */
  readonly meanGap: Float64Array;
  readonly stdGap: Float64Array;
  /** gamma and beta over the channels; NaN without them. */
  readonly gammaMean: Float64Array;
  readonly gammaMin: Float64Array;
  readonly gammaMax: Float64Array;
  readonly betaMean: Float64Array;
  readonly betaMin: Float64Array;
  readonly betaMax: Float64Array;
  /** Batches that the running statistics are of, at the end; null when there are none. */
  readonly tracked: number | null;
  /** At the last look, by channel (every `channelStride`-th). */
  readonly last: {
    readonly batchMean: Float32Array;
    readonly batchVar: Float32Array;
    readonly runningMean: Float32Array;
    readonly runningVar: Float32Array;
  };
}

export interface BatchNorms {
  readonly steps: readonly number[];
  readonly source: string;
  readonly layers: readonly NormOverTime[];
  readonly gap: NormGap;
}

export const batchNorm = defineDiagnostic({
  summary:
    "Batch norm at work: before and after, running against batch statistics, gamma and beta, the gap in evaluation.",
  paper: "Ioffe & Szegedy 2015, arXiv:1502.03167; Wu & Johnson 2021, arXiv:2105.07576 (running statistics)",
  params: {
    steps: int(200, "[2, 10000]", "Steps that a copy is trained for when there is no instrumented run to read."),
  },
  of: ["experiment", "run"],
  inspects: true,
  cost: "32 forward passes for a run with instruments; else 200 training steps of a copy more, each with a look",
  measure: async (subject, { steps }, context): Promise<BatchNorms> => {
    const { declaration } = subject.config.model;
    if (!declaration.layers.some(({ type }) => type === "batchNorm")) {
      throw new ConfigError(
        "inspect.batchNorm: the model has no batch norm; put nn.batchNorm() behind a linear layer or a convolution, or use inspect.activations()",
      );
    }
    const { instruments, source, weights } = await seenOf(subject, steps, context);
    const gap = await batchNormGap(subject.experiment, weights, context);
    const { slices } = subject.config.model.running;
    const trackedBy = (owner: string): number | null => {
      const name = owner === "" ? "num_batches_tracked" : `${owner}.num_batches_tracked`;
      const slice = slices.find((s) => s.name === name);
      return slice ? (viewAs("i32", weights.running)[slice.offset] as number) : null;
    };
    const layers = instruments.norms.map((norm) => overTime(norm, instruments, trackedBy(norm.owner)));
    const found = { steps: instruments.steps, source, layers, gap };
    showChart(context, batchNormHistory, found);
    showChart(context, batchNormParameters, found);
    return measured(found, describe(found));
  },
});

function overTime(norm: NormLooks, instruments: Instruments, tracked: number | null): NormOverTime {
  const looks = instruments.steps.map((_, look) => look);
  const own = instruments.layers.find(({ path }) => path === norm.path);
  const each = (of: (look: number) => number) => Float64Array.from(looks, of);
  const mean = (values: ArrayLike<number>) =>
    values.length === 0 ? Number.NaN : Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;
  const extreme = (values: Float32Array, of: (...all: number[]) => number) =>
    values.length === 0 ? Number.NaN : of(...values);
  const gamma = (look: number) => norm.channel("gamma", look);
  const beta = (look: number) => norm.channel("beta", look);
  const gaps = (look: number) => {
    const [m, v] = [norm.channel("batchMean", look), norm.channel("batchVar", look)];
    const [rm, rv] = [norm.channel("runningMean", look), norm.channel("runningVar", look)];
    return {
      means: Array.from(rm, (r, c) => (r - (m[c] as number)) ** 2 / Math.max(v[c] as number, 1e-12)),
      stds: Array.from(rv, (r, c) => 0.5 * Math.abs(Math.log2(Math.max(r, 1e-12) / Math.max(v[c] as number, 1e-12)))),
    };
  };
  const last = looks.length - 1;
  return {
    path: norm.path,
    type: "batchNorm",
    channels: norm.channels,
    inputMean: norm.inputMean,
    inputStd: norm.inputStd,
    outputMean: own?.series("mean") ?? new Float64Array(looks.length),
    outputStd: own?.series("std") ?? new Float64Array(looks.length),
    meanGap: each((look) => Math.sqrt(mean(gaps(look).means))),
    stdGap: each((look) => mean(gaps(look).stds)),
    gammaMean: each((look) => mean(gamma(look))),
    gammaMin: each((look) => extreme(gamma(look), Math.min)),
    gammaMax: each((look) => extreme(gamma(look), Math.max)),
    betaMean: each((look) => mean(beta(look))),
    betaMin: each((look) => extreme(beta(look), Math.min)),
    betaMax: each((look) => extreme(beta(look), Math.max)),
    tracked,
    last: {
      batchMean: norm.channel("batchMean", last),
      batchVar: norm.channel("batchVar", last),
      runningMean: norm.channel("runningMean", last),
      runningVar: norm.channel("runningVar", last),
    },
  };
}

function describe({ source, layers, gap, steps }: BatchNorms): string {
  const lines = layers.map((layer) => {
    const { inputStd, outputStd, stdGap, gammaMean, tracked } = layer;
    const batches =
      tracked === null ? "no running statistics" : `${count(tracked, "batch").replace("batchs", "batches")} tracked`;
    return `  ${labelOf(layer).padEnd(16)} std ${significant(inputStd.at(-1))} -> ${significant(outputStd.at(-1))}, running std off by ${significant(2 ** (stdGap.at(-1) as number))}x, gamma ${significant(gammaMean.at(-1))}, ${batches}`;
  });
  return [
    `batch norm of ${source}`,
    `  loss with running statistics ${significant(gap.runningLoss)}, with the batch's ${significant(gap.batchLoss)} (${count(gap.examples, "training example")})`,
    `at step ${(steps.at(-1) ?? 0).toLocaleString("en-US")}:`,
    ...(lines.length > 24 ? [...lines.slice(0, 12), "  ...", ...lines.slice(-11)] : lines),
  ].join("\n");
}
