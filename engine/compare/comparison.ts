import { ConfigError, didYouMean } from "../errors/index.ts";
import { betterOf, type Metric, measures, nameOf } from "../metrics/index.ts";
import type { RunFacts } from "../protocol/index.ts";
import { type Band, epochBand, lossBand } from "./bands.ts";
import { type Difference, differenceOfSeeds, isBeyondNoise, meanOf, varianceOf } from "./difference.ts";
import { differenceOfRuns, type SingleDifference } from "./noise.ts";
import type { PairedDifference } from "./sameExamples.ts";

/** Runs that differ in nothing but their seed, or that the user put together. */
export interface RunGroup {
  readonly label: string;
  readonly runs: readonly RunFacts[];
}

/** A figure that runs are compared by. */
export interface Figure {
  /** "validation accuracy". */
  readonly name: string;
  readonly part: "train" | "valid";
  /** `loss` or a metric. */
  readonly key: string;
  readonly better: "higher" | "lower";
  /** Examples that it is a share of, in every run; null for figures that are no shares of examples. */
  readonly examples: number | null;
}

/** One group of the comparison. */
export interface Compared {
  readonly label: string;
  readonly runs: readonly string[];
  readonly seeds: readonly (number | null)[];
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
  /** How far the best group is from this one, at 95 % for all pairs of groups together; null for the best, and where nothing is known. */
  readonly behind: Difference | SingleDifference | PairedDifference | null;
  /** "train loss", "validation accuracy" ... */
  readonly bands: Readonly<Record<string, Band>>;
}

export interface Comparison {
  readonly figure: Figure;
  /** The best first. */
  readonly groups: readonly Compared[];
  /** Best less second, at 95 %, from seeds or, of single runs, from what is known of their noise; null where nothing is. */
  readonly difference: Difference | SingleDifference | PairedDifference | null;
  /** Whether best and second differ by more than their seeds explain; null: too few seeds to say. */
  readonly beyondSeeds: boolean | null;
}

/** Metrics that are shares of examples. */
const SHARES = ["accuracy", "topK", "exactMatch"];

/** Figures that all runs have, the loss first. */
export function figureKeys(runs: readonly RunFacts[]): string[] {
  const [first, ...others] = runs.map(metricsOf);
  const shared = (first ?? []).filter((m) => others.every((own) => own.some((o) => nameOf(o) === nameOf(m))));
  return ["loss", ...new Set(shared.map(nameOf))];
}

/** The figure of that name, or the first metric that all runs have, on validation data where all have some. Throws ConfigError. */
export function figureOf(runs: readonly RunFacts[], asked: string | null): Figure {
  const keys = figureKeys(runs);
  if (asked !== null && !keys.includes(asked)) {
    throw new ConfigError(`compareRuns: no figure "${asked}" that all runs have${didYouMean(asked, keys)}`);
  }
  const key = asked ?? keys[1] ?? "loss";
  const sizes = runs.map((run) => sizeOf(run, "valid"));
  const part = sizes.every((size) => size > 0) && runs.length > 0 ? "valid" : "train";
  const metric = runs[0] && metricsOf(runs[0]).find((m) => nameOf(m) === key);
  const better = metric && key !== "loss" ? betterOf(metric) : "lower";
  const counted = part === "valid" && metric !== undefined && SHARES.includes(metric.type);
  return {
    name: `${part === "valid" ? "validation" : "training"} ${key}`,
    part,
    key,
    better,
    examples: counted ? Math.min(...sizes) : null,
  };
}

/** The groups from best to worst, and whether that order is more than noise. */
export function compareGroups(groups: readonly RunGroup[], figure: Figure): Comparison {
  const sign = figure.better === "higher" ? -1 : 1;
  const keys = [...new Set(["loss", figure.key])];
  const drawn = groups.map(({ label, runs }) => {
    const finals = runs.map((run) => finalOf(run, figure));
    const sound = finals.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
    const bands = keys.flatMap((key) => [
      [`train ${key}`, key === "loss" ? lossBand(runs) : epochBand(runs, "train", key)] as const,
      [`validation ${key}`, epochBand(runs, "valid", key)] as const,
    ]);
    return {
      label,
      runs: runs.map((run) => run.name),
      seeds: runs.map(seedOf),
      finals,
      mean: sound.length === 0 ? Number.NaN : meanOf(sound),
      median: middle(sound),
      low: sound[0] ?? Number.NaN,
      high: sound.at(-1) ?? Number.NaN,
      std: Math.sqrt(varianceOf(sound)),
      steps: Math.max(0, ...runs.map((run) => run.steps)),
      bands: Object.fromEntries(bands.filter(([, { step }]) => step.length > 0)),
      facts: runs,
    };
  });
  const last = (v: number) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : sign * v);
  drawn.sort((a, b) => last(a.mean) - last(b.mean));
  const [best, second] = drawn;
  // the best is picked after looking at all: any pair could have been the one that is looked at
  const pairs = Math.max(1, (drawn.length * (drawn.length - 1)) / 2);
  const between = (a: (typeof drawn)[number], b: (typeof drawn)[number], level: number) =>
    differenceOfSeeds(a, b, level) ?? ofSingles(a.facts[0], b.facts[0], figure, level);
  const difference = best && second ? between(best, second, 0.95) : null;
  return {
    figure,
    // each at a level that makes 95 % of all of them together (Bonferroni)
    groups: drawn.map(({ facts: _, ...group }, i) => ({
      ...group,
      behind: best && i > 0 ? between(best, drawn[i] as (typeof drawn)[number], 1 - 0.05 / pairs) : null,
    })),
    difference,
    beyondSeeds: difference && difference.by !== "single runs" ? isBeyondNoise(difference) : null,
  };
}

/** What a run ended with; a loss that is no number, or a run that broke off, is NaN. */
export function finalOf(run: RunFacts, { part, key }: Pick<Figure, "part" | "key">): number {
  if (run.broken) return Number.NaN;
  const name = part + key.charAt(0).toUpperCase() + key.slice(1);
  if (part === "train") return run.history.train[key]?.at(-1) ?? run.final[name] ?? Number.NaN;
  return run.final[name] ?? run.history.valid[key]?.at(-1) ?? Number.NaN;
}

/** The seed of a run; null where its configuration does not say. */
export const seedOf = ({ config }: RunFacts): number | null => (typeof config.seed === "number" ? config.seed : null);

/** Which values of a figure are good; null when no run says. */
export function directionOf(runs: readonly RunFacts[], key: string): Figure["better"] | null {
  if (key === "loss") return "lower";
  const metric = runs.flatMap(metricsOf).find((m) => nameOf(m) === key);
  return metric ? betterOf(metric) : null;
}

/** Examples of a part of a run's data; 0 where there are none. */
function sizeOf({ config }: RunFacts, part: "train" | "valid"): number {
  const data = config.data as Readonly<Record<string, unknown>> | undefined;
  const size = data?.[part];
  return typeof size === "number" ? size : 0;
}

/** The metrics of a run, as instances again: its configuration may come from a log. */
function metricsOf({ config }: RunFacts): Metric[] {
  if (!Array.isArray(config.metrics)) return [];
  return config.metrics.flatMap((given: { type?: unknown; options?: unknown } | null): Metric[] => {
    if (typeof given?.type !== "string" || !Object.hasOwn(measures, given.type)) return [];
    const options = typeof given.options === "object" && given.options !== null ? given.options : {};
    return [
      { type: given.type, options, definition: measures[given.type as keyof typeof measures] } as unknown as Metric,
    ];
  });
}

function ofSingles(a: RunFacts | undefined, b: RunFacts | undefined, figure: Figure, level: number) {
  if (!a || !b) return null;
  const single = (run: RunFacts) => ({
    final: finalOf(run, figure),
    epochs: run.history[figure.part][figure.key] ?? [],
    examples: figure.examples,
  });
  return differenceOfRuns(single(a), single(b), level);
}

function middle(sorted: readonly number[]): number {
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  const upper = sorted[half] as number;
  return sorted.length % 2 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}
