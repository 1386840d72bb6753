import { ConfigError, didYouMean } from "../../errors/index.ts";
import { betterOf, nameOf } from "../../metrics/index.ts";
import type { Run } from "../../session/index.ts";

/** A run, or one that goes on. */
export type Curve = Pick<Run, "name" | "experiment" | "history" | "final" | "steps" | "stopped">;

/** Runs that differ in nothing but their seed, or that the user put together. */
export interface RunGroup {
  readonly label: string;
  readonly runs: readonly Curve[];
}

/** A figure that runs are compared by. */
export interface Figure {
  /** "validation accuracy". */
  readonly name: string;
  readonly part: "train" | "valid";
  /** `loss` or a metric. */
  readonly key: string;
  readonly better: "higher" | "lower";
}

/** A curve of several runs: their median and extremes at the steps of any of them. */
export interface Band {
  readonly step: readonly number[];
  readonly median: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Each run by itself at the same steps, NaN where it has no value; empty for one run. */
  readonly each: readonly (readonly number[])[];
}

/** One group of the comparison. */
export interface Compared {
  readonly label: string;
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** What each run ended with; NaN where it broke off. */
  readonly finals: readonly number[];
  /** Of those that are finite, as the others. */
  readonly mean: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Sample deviation of the finals; NaN for one run. */
  readonly std: number;
  readonly steps: number;
  readonly bands: Readonly<Record<string, Band>>;
}

export interface Comparison {
  readonly figure: Figure;
  /** The best first. */
  readonly groups: readonly Compared[];
  /** Whether best and second differ by more than their seeds explain; null: too few seeds to say. */
  readonly beyondSeeds: boolean | null;
}

/** The figure of that name, or the first metric that all runs have, on validation data where all have some. Throws ConfigError. */
export function figureOf(runs: readonly Curve[], asked: string | null): Figure {
  const part = runs.every((run) => run.experiment.splits.valid !== undefined) ? "valid" : "train";
  const [first, ...others] = runs.map((run) => run.experiment.options.metrics);
  const shared = (first ?? []).filter((m) => others.every((own) => own.some((o) => nameOf(o) === nameOf(m))));
  const names = ["loss", ...shared.map(nameOf)];
  if (asked !== null && !names.includes(asked)) {
    throw new ConfigError(`compareRuns: no figure "${asked}" that all runs have${didYouMean(asked, names)}`);
  }
  const key = asked ?? (shared[0] && nameOf(shared[0])) ?? "loss";
  const metric = shared.find((m) => nameOf(m) === key);
  const better = metric ? betterOf(metric) : "lower";
  return { name: `${part === "valid" ? "validation" : "training"} ${key}`, part, key, better };
}

export function compareGroups(groups: readonly RunGroup[], figure: Figure): Comparison {
  const sign = figure.better === "higher" ? -1 : 1;
  const panels = [
    { name: "train loss", part: "train", key: "loss" } as const,
    { name: "validation loss", part: "valid", key: "loss" } as const,
    ...(figure.key === "loss" ? [] : [figure]),
  ];
  const compared = groups.map(({ label, runs }): Compared => {
    const finals = runs.map((run) => finalOf(run, figure));
    const sound = finals.filter((v) => !Number.isNaN(v));
    const sorted = [...sound].sort((a, b) => a - b);
    return {
      label,
      runs: runs.map((run) => run.name),
      seeds: runs.map((run) => run.experiment.options.seed),
      finals,
      mean: sound.length === 0 ? Number.NaN : sound.reduce((a, b) => a + b, 0) / sound.length,
      median: middle(sorted),
      low: sorted[0] ?? Number.NaN,
      high: sorted.at(-1) ?? Number.NaN,
      std: deviation(sound),
      steps: Math.max(...runs.map((run) => run.steps)),
      bands: Object.fromEntries(
        panels.map((panel) => [
          panel.name,
          panel.part === "train" && panel.key === "loss" ? lossBand(runs) : epochBand(runs, panel.part, panel.key),
        ]),
      ),
    };
  });
  const last = (v: number) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : sign * v);
  compared.sort((a, b) => last(a.median) - last(b.median));
  return { figure, groups: compared, beyondSeeds: beyondSeeds(compared) };
}

/** What a run ended with; a loss that is no number, or a run that broke off, is NaN. */
export function finalOf(run: Curve, { part, key }: Figure): number {
  if (run.stopped === "non-finite") return Number.NaN;
  const name = part + key.charAt(0).toUpperCase() + key.slice(1);
  if (part === "train") return run.history.train[key]?.at(-1) ?? run.final[name] ?? Number.NaN;
  return run.final[name] ?? run.history.valid[key]?.at(-1) ?? Number.NaN;
}

/** Welch's test of the two best groups at about 95 %. */
function beyondSeeds([best, second]: readonly Compared[]): boolean | null {
  if (!best || !second) return null;
  const sound = (g: Compared) => g.finals.filter((v) => !Number.isNaN(v));
  const [a, b] = [sound(best), sound(second)];
  if (a.length < 2 || b.length < 2) return null;
  const mean = (v: number[]) => v.reduce((x, y) => x + y, 0) / v.length;
  const error = Math.sqrt(best.std ** 2 / a.length + second.std ** 2 / b.length);
  // two runs each leave hardly a degree of freedom: the bound is that of Student's t for the smaller group
  const bound = [12.7, 4.3, 3.18, 2.78, 2.57, 2.45][Math.min(a.length, b.length) - 2] ?? 2.3;
  return Math.abs(mean(a) - mean(b)) > bound * error;
}

export function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  const upper = sorted[half] as number;
  return sorted.length % 2 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}

/** With n - 1; NaN for fewer than two. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
}

/** Points of a band at most. */
const MOST_POINTS = 150;

/** A run's values by step. */
type Points = ReadonlyMap<number, number>;

function band(runs: readonly Points[]): Band {
  const step = [...new Set(runs.flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  const sorted = step.map((at) => runs.flatMap((points) => points.get(at) ?? []).sort((a, b) => a - b));
  return {
    step,
    median: sorted.map(middle),
    low: sorted.map((v) => v[0] as number),
    high: sorted.map((v) => v.at(-1) as number),
    each: runs.length < 2 ? [] : runs.map((points) => step.map((at) => points.get(at) ?? Number.NaN)),
  };
}

/** Figures of epochs, thinned to the points that a chart can show. */
function epochBand(runs: readonly Curve[], part: "train" | "valid", key: string): Band {
  return band(
    runs.map(({ history }) => {
      const values = history[part][key] ?? [];
      const stride = Math.ceil(values.length / MOST_POINTS);
      const points = new Map<number, number>();
      for (const [i, step] of history.epochStep.entries()) {
        const value = values[i];
        if (value === undefined || !Number.isFinite(value)) continue;
        if (i % stride === stride - 1 || i === values.length - 1) points.set(step, value);
      }
      return points;
    }),
  );
}

/** Training losses of steps, as means over equal stretches of the longest run. */
function lossBand(runs: readonly Curve[]): Band {
  const most = Math.max(1, ...runs.map((run) => run.history.step.at(-1) ?? 1));
  const width = Math.max(1, most / MOST_POINTS);
  return band(
    runs.map(({ history }) => {
      const sums = new Map<number, { sum: number; count: number }>();
      for (const [i, step] of history.step.entries()) {
        const value = history.trainLoss[i] as number;
        if (!Number.isFinite(value)) continue;
        const bin = Math.ceil(step / width);
        const { sum, count } = sums.get(bin) ?? { sum: 0, count: 0 };
        sums.set(bin, { sum: sum + value, count: count + 1 });
      }
      return new Map(
        [...sums].map(([bin, { sum, count }]) => [Math.min(most, Math.round(bin * width)), sum / count] as const),
      );
    }),
  );
}
