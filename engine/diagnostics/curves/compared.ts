import type { RunContext } from "../../context/index.ts";
import type { Experiment } from "../../session/index.ts";
import { measured } from "../showing.ts";
import { factsOf } from "./facts.ts";
import { type Replicas, trainWanted, wantedOf } from "./replicas.ts";
import { differencesOf, ranked, tableOf } from "./showComparison.ts";
import type { Variant } from "./variants.ts";

export type { Replicas };

interface Asked {
  readonly where: string;
  readonly experiment: Experiment;
  readonly variants: readonly Variant[];
  readonly seeds: readonly number[];
  /** What `experiment.fit` would be given. */
  readonly fit: Readonly<Record<string, unknown>>;
  /** What is to be said of how they came about. */
  readonly notes: readonly string[];
}

/** Trains variants of an experiment from the same seeds and says how they differ, in what, and whether that is more than noise. */
export async function compared<M extends object>(
  { where, experiment, variants, seeds, fit, notes }: Asked,
  context: RunContext,
  more: M,
): Promise<Replicas & M> {
  const wanted = wantedOf(where, experiment, variants, seeds, fit);
  const { found, words } = await trainWanted(where, experiment, wanted, context);
  const groups = [...new Set(found.labels)].map((label) => ({
    label,
    runs: found.runs.filter((_, i) => found.labels[i] === label).map(factsOf),
  }));
  return measured(
    { ...found, ...more },
    [tableOf(found), ...differencesOf(ranked(groups, found)), ...notes.map((note) => `  ${note}`), ...words].join("\n"),
  );
}

/** As many seeds as asked, from the experiment's own on. */
export const seedsFrom = ({ options: { seed } }: Experiment, count: number): number[] =>
  Array.from({ length: count }, (_, i) => seed + i);
