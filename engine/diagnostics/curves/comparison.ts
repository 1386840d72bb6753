import { ConfigError, didYouMean } from "../../errors/index.ts";
import type { Run } from "../../session/index.ts";
import type { RunGroup } from "./groups.ts";

/** A figure that runs are compared by. */
export interface Figure {
  /** "validation accuracy". */
  readonly name: string;
  readonly part: "train" | "valid";
  /** `loss` or a metric. */
  readonly key: string;
  readonly better: "higher" | "lower";
}

/** A curve of several runs: their median and extremes at steps that they share. */
export interface Band {
  readonly step: readonly number[];
  readonly median: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** One group of the comparison. */
export interface Compared {
  readonly label: string;
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** What each run ended with; NaN where it broke off. */
  readonly finals: readonly number[];
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
export function figureOf(runs: readonly Run[], asked: string | null): Figure {
  const part = runs.every((run) => run.experiment.splits.valid !== undefined) ? "valid" : "train";
  const [first, ...others] = runs.map((run) => run.experiment.options.metrics);
  const shared = (first ?? []).filter((m) => others.every((own) => own.some((o) => o.type === m.type)));
  const names = ["loss", ...shared.map((m) => m.type)];
  if (asked !== null && !names.includes(asked)) {
    throw new ConfigError(`compareRuns: no figure "${asked}" that all runs have${didYouMean(asked, names)}`);
  }
  const key = asked ?? shared[0]?.type ?? "loss";
  const better = shared.find((m) => m.type === key)?.definition.better ?? "lower";
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
export function finalOf(run: Run, { part, key }: Figure): number {
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

function band(points: ReadonlyMap<number, readonly number[]>): Band {
  const steps = [...points.keys()].sort((a, b) => a - b);
  const sorted = steps.map((step) => [...(points.get(step) as number[])].sort((a, b) => a - b));
  return {
    step: steps,
    median: sorted.map(middle),
    low: sorted.map((v) => v[0] as number),
    high: sorted.map((v) => v.at(-1) as number),
  };
}

/** Figures of epochs, thinned to the points that a chart can show. */
function epochBand(runs: readonly Run[], part: "train" | "valid", key: string): Band {
  const points = new Map<number, number[]>();
  for (const { history } of runs) {
    const values = history[part][key] ?? [];
    const stride = Math.ceil(values.length / MOST_POINTS);
    for (const [i, step] of history.epochStep.entries()) {
      const value = values[i];
      if (value === undefined || !Number.isFinite(value)) continue;
      if (i % stride !== stride - 1 && i !== values.length - 1) continue;
      points.set(step, [...(points.get(step) ?? []), value]);
    }
  }
  return band(points);
}

/** Training losses of steps, as means over equal stretches of the longest run. */
function lossBand(runs: readonly Run[]): Band {
  const most = Math.max(1, ...runs.map((run) => run.history.step.at(-1) ?? 1));
  const width = Math.max(1, most / MOST_POINTS);
  const points = new Map<number, number[]>();
  for (const { history } of runs) {
    const sums = new Map<number, { sum: number; count: number }>();
    for (const [i, step] of history.step.entries()) {
      const value = history.trainLoss[i] as number;
      if (!Number.isFinite(value)) continue;
      const bin = Math.ceil(step / width);
      const { sum, count } = sums.get(bin) ?? { sum: 0, count: 0 };
      sums.set(bin, { sum: sum + value, count: count + 1 });
    }
    for (const [bin, { sum, count }] of sums) {
      const step = Math.min(most, Math.round(bin * width));
      points.set(step, [...(points.get(step) ?? []), sum / count]);
    }
  }
  return band(points);
}
