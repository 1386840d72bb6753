import type { RunContext } from "../../context/index.ts";
import { ConfigError, Interrupted } from "../../errors/index.ts";
import { nameOf } from "../../metrics/index.ts";
import { choice, int, nums, value } from "../../params/index.ts";
import { significant } from "../../plots/format.ts";
import { landscape1d as plot } from "../../plots/landscape1d.ts";
import { initialWeights, laidOut, type Weights } from "../../session/model.ts";
import { Run } from "../../session/run.ts";
import type { Objective } from "../curvature/objective.ts";
import { objectiveOf, objectiveParams, overWhat } from "../curvature/objectiveOf.ts";
import { contentKey, remembered } from "../curvature/remember.ts";
import { plus } from "../curvature/vectors.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { type Height, heights } from "./grid.ts";
import { betweenRunning, recomputeStatistics } from "./statistics.ts";

/** Loss and metrics along a straight line between two sets of weights, `from` at alpha 0 and `to` at 1. */
export interface Line {
  readonly from: string;
  readonly to: string;
  readonly alpha: readonly number[];
  readonly parts: readonly LinePart[];
  readonly metrics: readonly string[];
  /** Euclidean distance between the two. */
  readonly distance: number;
  /** How far the training loss rises above the straight line between its ends, at most, and where: 0 without a rise. */
  readonly barrier: { readonly height: number; readonly alpha: number };
  readonly batchNorm: "interpolate" | "recompute" | null;
  readonly samples: number;
  readonly training: boolean;
  readonly interrupted: boolean;
}

/** What a part of the data costs along the line; NaN for what a stop left out. */
export interface LinePart {
  readonly name: "train" | "validation";
  readonly loss: readonly number[];
  /** One list for each metric. */
  readonly metrics: readonly (readonly number[])[];
}

export const landscape1d = defineDiagnostic({
  summary: "Loss and metrics on the straight line from the beginning, or from this run to another.",
  paper:
    "Goodfellow, Vinyals & Saxe 2015, arXiv:1412.6544; the barrier as in Frankle et al. 2020, arXiv:1912.05671, section 2",
  params: {
    to: value<Run | "start">(
      "start",
      {
        type: 'Run | "start"',
        noun: 'a run, or "start"',
        accepts: (given) => given instanceof Run || given === "start",
      },
      'The other end: the line goes from this run (0) to that one (1); with "start" from the initial weights (0) to this run (1).',
    ),
    points: int(41, "[2, 2001]", "Points along the line."),
    range: nums([-0.5, 1.5], "[-100, 100]", "Where the line begins and ends: 0 and 1 are the two sets of weights."),
    batchNorm: choice(
      "interpolate",
      ["interpolate", "recompute"],
      "Running statistics between the two: as the weights, or measured anew at every point from the training examples.",
    ),
    ...objectiveParams,
  },
  validate: ({ range: [from, to] }) => {
    if (from >= to) throw new ConfigError(`landscape1d: range ends at ${to}, not after it begins at ${from}`);
  },
  of: ["run"],
  inspects: false,
  cost: "a forward pass over the training and the validation samples for each point",
  measure: async (subject, options, context): Promise<Line> => {
    const line = await walk(subject, options, context);
    return measured(line, described(line));
  },
});

type Options = Parameters<typeof landscape1d.measure>[1];

async function walk(subject: Subject, options: Options, context: RunContext): Promise<Line> {
  const { points, range, batchNorm } = options;
  const [a, b] = ends(subject, options.to);
  const alpha = Array.from({ length: points }, (_, i) => range[0] + ((range[1] - range[0]) * i) / (points - 1));
  const moves = subject.config.model.running.slices.length > 0;
  const { train, valid } = subject.experiment.splits;
  const sets = [
    { name: "train" as const, set: train },
    ...(valid ? [{ name: "validation" as const, set: valid }] : []),
  ];
  const progress = new Progress(context, { total: points * sets.length, unit: "points", message: "landscape1d" });
  const shown = new ShownChart(context, plot);
  const parts = sets.map(({ name }) => ({
    name,
    loss: alpha.map(() => Number.NaN),
    metrics: subject.config.metrics.map(() => alpha.map(() => Number.NaN)),
  }));
  let done = 0;

  const line = await subject.onDevice(context, async (device) => {
    const objectives = sets.map(({ name, set }) => objectiveOf(subject, device, options, context, { set, name }));
    const [first] = objectives as [Objective];
    const direction = Float32Array.from(plus(b.weights.parameters, a.weights.parameters, -1));
    const state = (): Line => ({
      from: a.name,
      to: b.name,
      alpha,
      parts,
      metrics: subject.config.metrics.map(nameOf),
      distance: Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0)),
      barrier: barrierOf(alpha, parts[0]?.loss ?? []),
      batchNorm: moves ? batchNorm : null,
      samples: first.samples,
      training: first.training,
      interrupted: done < points * sets.length,
    });
    const take = (part: number, i: number, height: Height): void => {
      const own = parts[part] as (typeof parts)[number];
      own.loss[i] = height.loss;
      for (const [k, metric] of height.metrics.entries()) (own.metrics[k] as number[])[i] = metric;
      done += 1;
      progress.at(done);
      shown.live(state);
    };
    const stopped = () => progress.stopped;
    const keys = objectives.map((objective) => contentKey(objective, [a.weights, b.weights], { alpha, batchNorm }));
    return await remembered(`line ${keys.join(" ")}`, async () => {
      device.load(a.weights);
      if (batchNorm === "recompute" && moves) {
        for (const [i, at] of alpha.entries()) {
          if (stopped()) break;
          device.load({
            parameters: Float32Array.from(plus(a.weights.parameters, direction, at)),
            running: a.weights.running,
          });
          await recomputeStatistics(first);
          for (const [part, objective] of objectives.entries()) {
            const here = new Float32Array(direction.length);
            await heights(objective, { first: here }, [{ a: 0, b: 0 }], { stopped, take: (_, h) => take(part, i, h) });
          }
        }
      } else {
        const running = moves
          ? { running: betweenRunning(subject.config.model.running, a.weights.running, b.weights.running) }
          : {};
        for (const [part, objective] of objectives.entries()) {
          const places = alpha.map((at) => ({ a: at, b: 0 }));
          await heights(objective, { first: direction, ...running }, places, {
            stopped,
            take: (i, h) => take(part, i, h),
          });
        }
      }
      if (done === 0) throw new Interrupted("landscape1d: interrupted before the first point; nothing was changed");
      return state();
    });
  });
  shown.end(line);
  return line;
}

/** The two ends with their names, alpha 0 first. Throws ConfigError when the weights do not match. */
function ends(subject: Subject, to: Run | "start"): [End, End] {
  const own = { name: subject.name, weights: subject.weights() };
  const { model } = subject.config;
  if (to === "start") {
    return [{ name: "start", weights: initialWeights(model, subject.experiment.options.seed) }, own];
  }
  const shapes = (slices: typeof model.parameters.slices) =>
    JSON.stringify(slices.map(({ name, shape }) => [name, shape]));
  const other = to.config.model;
  for (const part of ["parameters", "running"] as const) {
    if (shapes(model[part].slices) !== shapes(other[part].slices)) {
      throw new ConfigError(
        `landscape1d: ${to.name} has other weights than ${own.name}; a line needs two of one model`,
      );
    }
  }
  return [own, { name: to.name === own.name ? `${to.name} (2)` : to.name, weights: laidOut(to.weights, other, model) }];
}

interface End {
  readonly name: string;
  readonly weights: Weights;
}

/** How far `loss` rises above the straight line between its values nearest to alpha 0 and 1. */
function barrierOf(alpha: readonly number[], loss: readonly number[]): Line["barrier"] {
  const nearest = (x: number) =>
    alpha.reduce((best, a, i) => (Math.abs(a - x) < Math.abs((alpha[best] as number) - x) ? i : best), 0);
  const [i, j] = [nearest(0), nearest(1)];
  const [start, end] = [loss[i] as number, loss[j] as number];
  let barrier = { height: 0, alpha: 0 };
  for (let k = i; k <= j; k++) {
    const at = alpha[k] as number;
    const height = (loss[k] as number) - (start + (end - start) * at);
    if (height > barrier.height) barrier = { height, alpha: at };
  }
  return barrier;
}

function described(line: Line): string {
  const { alpha, parts } = line;
  const rows = alpha.flatMap((a, i) =>
    i % Math.ceil(alpha.length / 21) === 0
      ? [`  ${a.toFixed(2).padStart(6)}  ${parts.map(({ loss }) => significant(loss[i]).padStart(9)).join("  ")}`]
      : [],
  );
  const head = `   alpha  ${parts.map(({ name }) => name.padStart(9)).join("  ")}`;
  return [`${plot.title(line)}; ${overWhat(line)}`, head, ...rows].join("\n");
}
