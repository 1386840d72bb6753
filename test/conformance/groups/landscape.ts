import { Objective } from "../../../engine/diagnostics/curvature/objective.ts";
import { type Biases, type Normalization, normalized } from "../../../engine/diagnostics/landscape/directions.ts";
import { type Directions, heights, type Place } from "../../../engine/diagnostics/landscape/grid.ts";
import { betweenRunning } from "../../../engine/diagnostics/landscape/statistics.ts";
import { DeviceModel } from "../../../engine/session/device.ts";
import type { Experiment } from "../../../engine/session/index.ts";
import type { Weights } from "../../../engine/session/model.ts";
import { type Case, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { experimentOf, flatten, tensorsOf, weightsOf } from "../subject.ts";

/** Losses in a plane of given directions, or on the line between two sets of weights. */
export const landscapeGroup: Runner = async (c, bench) => {
  if (c.op === "loss_landscape_2d") return await plane(c, bench);
  if (c.op === "linear_interpolation") return await line(c, bench);
  throw new Unsupported(`op ${c.op}`);
};

async function plane(c: Case, bench: Bench): Promise<Given> {
  const experiment = await experimentOf(c, bench);
  const { parameters } = experiment.config.model;
  const weights = weightsOf(c, experiment, "param");
  const [first, second] = ["dir1", "dir2"].map((name) => {
    const raw = flatten(parameters, (p) => c.inputs[`raw_${name}.${p}`]?.data ?? c.inputs[`${name}.${p}`]?.data);
    return normalized(parameters, weights.parameters, raw, normalizationOf(c.config.normalization));
  }) as [Float32Array, Float32Array];
  const [alphas, betas] = axes(c.config.grid);
  const places = alphas.flatMap((a) => betas.map((b) => ({ a, b })));
  const found = await at(c, bench, experiment, weights, { first, second }, places);
  return {
    ...found,
    ...prefixed("dir1", tensorsOf(parameters, first)),
    ...prefixed("dir2", tensorsOf(parameters, second)),
  };
}

async function line(c: Case, bench: Bench): Promise<Given> {
  const experiment = await experimentOf(c, bench);
  const [start, end] = [weightsOf(c, experiment, "start"), weightsOf(c, experiment, "end")];
  const first = end.parameters.map((x, i) => x - (start.parameters[i] as number));
  const running = betweenRunning(experiment.config.model.running, start.running, end.running);
  return await at(
    c,
    bench,
    experiment,
    start,
    { first, running },
    (axes(c.config.alpha)[0] ?? []).map((a) => ({ a, b: 0 })),
  );
}

async function at(
  c: Case,
  bench: Bench,
  experiment: Experiment,
  weights: Weights,
  directions: Directions,
  places: readonly Place[],
): Promise<{ loss: number[]; correct: number[] }> {
  const device = new DeviceModel(bench.backend, experiment.config);
  try {
    device.load(weights);
    const set = experiment.splits.train;
    const training = c.config.mode === "train";
    const objective = new Objective(device, set, {
      samples: set.size,
      training,
      batchSize: set.size,
      seed: 0,
      stopped: () => false,
    });
    const loss: number[] = [];
    const correct: number[] = [];
    await heights(objective, directions, places, {
      stopped: () => false,
      take: (i, height) => {
        loss[i] = height.loss;
        correct[i] = Math.round((height.metrics[0] ?? Number.NaN) * set.size);
      },
    });
    return { loss, correct };
  } finally {
    device.dispose();
  }
}

/** "filter: every row ...; 1-d parameters: zero": how directions are scaled, and what biases do. */
function normalizationOf(text = "none"): { normalization: Normalization; biases: Biases } {
  const normalization = /^\w+/.exec(text)?.[0];
  if (normalization !== "filter" && normalization !== "layer" && normalization !== "none") {
    throw new Unsupported(`normalization ${text}`);
  }
  const vectors = /1-d([^;]*)/.exec(text)?.[1] ?? "zero";
  if (/zero/.test(vectors)) return { normalization, biases: "still" };
  if (/weight|itself|themselves|copied/.test(vectors)) return { normalization, biases: "along" };
  throw new Unsupported(`normalization ${text}`);
}

/** The numbers of each linspace(from, to, count) in a text; the last stands for all that follow. */
function axes(text: string): [number[], number[]] {
  const found = [...String(text).matchAll(/linspace\(([^,]+),([^,]+),([^)]+)\)/g)].map(([, ...parts]) => {
    const [from = 0, to = 0, count = 2] = parts.map(Number);
    return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
  });
  const [first, second = first] = found;
  if (!first || !second) throw new Unsupported(`grid ${text}`);
  return [first, second];
}

const prefixed = (prefix: string, tensors: Readonly<Record<string, number[]>>): Given =>
  Object.fromEntries(Object.entries(tensors).map(([name, data]) => [`${prefix}.${name}`, data]));
