import { type Comparison, compareGroups, figureOf, finalOf } from "../../compare/index.ts";
import type { RunContext } from "../../context/index.ts";
import { ConfigError, Interrupted } from "../../errors/index.ts";
import { type Checked, int, value } from "../../params/index.ts";
import { compareRunsPlot } from "../../plots/compareRuns.ts";
import { count, significant } from "../../plots/format.ts";
import type { RunFacts } from "../../protocol/index.ts";
import { type Experiment, fitParams, type Run } from "../../session/index.ts";
import type { Replica } from "../../session/replicaGroups.ts";
import { type ReplicaNews, type ReplicaView, type TrainedReplicas, trainReplicas } from "../../session/replicas.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart } from "../showing.ts";
import { factsOf } from "./facts.ts";
import { tableOf } from "./showComparison.ts";
import { experimentOf, isVary, type Variant, type Vary, variantsOf } from "./variants.ts";

/** Many runs of one experiment. */
export interface Replicas extends Comparison {
  /** In the order of the variants, and of the seeds of each; every run belongs to an experiment of its own. */
  readonly runs: readonly Run[];
  /** What is varied in each run, in words: runs of one label differ in their seed alone. */
  readonly labels: readonly string[];
  /** The run with the best final figure; null when none is finite. */
  readonly best: Run | null;
  /** How many trained side by side, one number for each plan. */
  readonly lanes: readonly number[];
  /** False when the user stopped before all were trained. */
  readonly complete: boolean;
}

const params = {
  seeds: value<number | readonly number[] | null>(
    null,
    {
      type: "number | readonly number[]",
      noun: "how many seeds from the experiment's own on, from 1 to 100, or a list of different ones",
      accepts: (given) => (Array.isArray(given) ? isSeeds(given) : Number.isInteger(given) && inRange(given as number)),
    },
    "How many, counted from the experiment's own seed on, or which; 5 when nothing is varied, else 1.",
  ),
  vary: value<Vary | null>(
    null,
    {
      type: "{ name: list, ... } | list of { name: value, ... }",
      noun: "lists by name, as { lr: [1e-3, 1e-2] }, or a list of settings, as [{ lr: 1e-3 }, { lr: 1e-2, momentum: 0.9 }]",
      accepts: isVary,
    },
    "What differs: numbers of the optimizer, `optimizer`, `schedule`, `earlyStopping`, or options of the experiment. Of several lists every combination is trained.",
  ),
  epochs: fitParams.epochs,
  steps: fitParams.steps,
  schedule: fitParams.schedule,
  earlyStopping: fitParams.earlyStopping,
  validateEvery: int(1, "[1, inf)", "Epochs between validations."),
  resume: value<Replicas | null>(
    null,
    {
      type: "Replicas",
      noun: "what an earlier replicas() gave",
      accepts: (given) => given !== null && Array.isArray((given as Partial<Replicas>).labels),
    },
    "Continues all of them, each to the bits of an uninterrupted run; seeds and what is varied are as they were.",
  ),
  replay: value<Replicas | null>(
    null,
    {
      type: "Replicas",
      noun: "what an earlier replicas() gave",
      accepts: (given) => given !== null && Array.isArray((given as Partial<Replicas>).labels),
    },
    "Makes the changes that were made by hand in an earlier call, in each run at its steps: the same seeds and variants give the same bits.",
  ),
};

/** A run that is wanted, or one that is as it is. */
export interface Wanted {
  readonly label: string;
  readonly replica: Replica | null;
  readonly run: Run | null;
}

export const replicas = defineDiagnostic({
  summary:
    "Trains the experiment many times side by side, from several seeds or with other rates, momenta, schedules: curves over each other, means and deviations, the best run.",
  paper: "Bouthillier et al. 2021, arXiv:2103.03098, on the variance of seeds",
  params,
  of: ["experiment"],
  inspects: false,
  cost: "as many trainings as there are seeds times variants, side by side in one plan where they differ in numbers alone",
  measure: async ({ experiment }, options, context): Promise<Replicas> => {
    const wanted = options.resume ? continued(experiment, options, options.resume) : planned(experiment, options);
    const { found, words } = await trainWanted("replicas", experiment, wanted, context);
    return measured(found, [tableOf(found), ...words].join("\n"));
  },
});

/** Trains those that have still to be trained, with one chart of all; and what is to be said of how. Throws Interrupted when none began. */
export async function trainWanted(
  where: string,
  experiment: Experiment,
  wanted: readonly Wanted[],
  context: RunContext,
): Promise<{ found: Replicas; words: string[] }> {
  const chart = new ShownChart(context, compareRunsPlot);
  const progress = new Progress(context, { total: null, unit: "steps", message: experiment.name });
  const began = performance.now();
  const toTrain = wanted.filter(({ replica }) => replica !== null);
  const trained = await trainReplicas(
    toTrain.map(({ replica }) => replica as Replica),
    context,
    (news) => {
      progress.at(news.done, () => progressOf(experiment.name, news), news.now);
      chart.live(() => ({ ...comparisonOf(wanted, news.views()), run: news.status().id }), news.now);
    },
    { name: where, of: experiment, labels: toTrain.map(({ label }) => label) },
  );
  for (const run of trained.runs) if (run) experiment.keep(run);
  const found = foundOf(where, experiment, wanted, trained, context);
  chart.end(found);
  return { found, words: wordsOf(found, trained, (performance.now() - began) / 1000) };
}

function planned(experiment: Experiment, given: Checked<typeof params>): Wanted[] {
  const { seeds: asked, vary, resume: _, replay, ...fit } = given;
  const seeds = asked ?? (vary === null ? 5 : 1);
  const first = experiment.options.seed;
  const all = typeof seeds === "number" ? Array.from({ length: seeds }, (_, i) => first + i) : seeds;
  const variants = variantsOf(experiment, vary);
  if (variants.length * all.length < 2) {
    throw new ConfigError("replicas: that is one run: ask for more, as replicas({ seeds: 8 }), or use fit");
  }
  const runs = variants.length * all.length;
  if (replay && replay.runs.length !== runs) {
    throw new ConfigError(
      `replicas: replay has ${count(replay.runs.length, "run")}, and ${runs} are asked for; give the seeds and variants that it had`,
    );
  }
  return wantedOf("replicas", experiment, variants, all, fit, replay?.runs);
}

/** A run for every variant and seed; `fit` is what `experiment.fit` would be given, but for what a variant says itself. */
export function wantedOf(
  where: string,
  experiment: Experiment,
  variants: readonly Variant[],
  seeds: readonly number[],
  fit: Readonly<Record<string, unknown>>,
  replay?: readonly Run[],
): Wanted[] {
  return variants.flatMap((variant, v) =>
    seeds.map((seed, s) => {
      const one = experimentOf(experiment, variant, seed);
      const parts = [experiment.options.name, ...(variants.length > 1 ? [variant.label] : [])];
      const name = [...parts, ...(seeds.length > 1 ? [`seed ${seed}`] : [])].filter((part) => part !== "").join(", ");
      const again = replay ? { replay: replay[v * seeds.length + s] } : {};
      const options = one.fitOptions({ ...fit, ...variant.fit, ...again, name }, where);
      return { label: variant.label, replica: { experiment: one, options }, run: null };
    }),
  );
}

/** Those that ended by themselves stay as they are. */
function continued(experiment: Experiment, given: Checked<typeof params>, { runs, labels }: Replicas): Wanted[] {
  const { seeds, vary, resume: _, replay, schedule, ...fit } = given;
  if (replay !== null) {
    throw new ConfigError("replicas: resume goes on with the changes that were made; leave out replay");
  }
  if (seeds !== null || vary !== null) {
    throw new ConfigError(
      "replicas: resume goes on with the seeds and variants that there are; leave out seeds and vary",
    );
  }
  return runs.map((run, i) => {
    const label = labels[i] ?? experiment.name;
    if (run.stopped === "early" || run.stopped === "non-finite") return { label, replica: null, run };
    const own = { ...fit, schedule: schedule ?? run.instruments?.schedule ?? null, name: run.name, resume: run };
    const options = run.experiment.fitOptions(own, "replicas");
    return { label, replica: { experiment: run.experiment, options }, run: null };
  });
}

/** What is known by now, the best first. */
function comparisonOf(wanted: readonly Wanted[], curves: readonly (ReplicaView | undefined)[]): Comparison {
  let next = 0;
  const groups = new Map<string, RunFacts[]>();
  for (const { label, replica, run } of wanted) {
    const curve = replica ? curves[next++] : (run ?? undefined);
    if (curve) groups.set(label, [...(groups.get(label) ?? []), factsOf(curve)]);
  }
  const all = [...groups.values()].flat();
  return compareGroups(
    [...groups].map(([label, runs]) => ({ label, runs })),
    figureOf(all, null),
  );
}

function foundOf(
  where: string,
  experiment: Experiment,
  wanted: readonly Wanted[],
  trained: TrainedReplicas,
  context: RunContext,
): Replicas {
  let next = 0;
  const ended = wanted.flatMap(({ label, replica, run: kept }) => {
    const run = replica ? trained.runs[next++] : kept;
    return run ? [{ label, run }] : [];
  });
  if (ended.length === 0) {
    throw new Interrupted(`${where}: ${experiment.name} was interrupted before training began; nothing was kept`);
  }
  const runs = ended.map(({ run }) => run);
  const comparison = comparisonOf(wanted, trained.runs);
  const { figure } = comparison;
  const sign = figure.better === "higher" ? -1 : 1;
  const finite = runs.filter((run) => Number.isFinite(endOf(run, figure)));
  const [best = null] = finite.sort((a, b) => sign * (endOf(a, figure) - endOf(b, figure)));
  return {
    ...comparison,
    runs,
    labels: ended.map(({ label }) => label),
    best,
    lanes: trained.lanes,
    complete:
      runs.length === wanted.length && !(context.signal.aborted && runs.some((run) => run.stopped === "interrupted")),
  };
}

const endOf = (run: Run, figure: Comparison["figure"]): number => finalOf(factsOf(run), figure);

/** What is told of many runs on their way. */
export function progressOf(name: string, { lanes, total, epoch, epochs, status }: ReplicaNews, what = "") {
  const run = status();
  const how = what || (lanes === 1 ? "a run" : `${lanes} runs side by side`);
  const where = run.paused ? `paused at step ${run.step.toLocaleString("en-US")}` : `epoch ${epoch} of ${epochs}`;
  return { total, message: `${name}: ${how}, ${where}`, run };
}

function wordsOf(found: Replicas, { notes, lanes }: TrainedReplicas, seconds: number): string[] {
  const { best, figure, complete, runs } = found;
  const how = lanes.map((n) => (n === 1 ? "one by itself" : `${n} side by side`));
  const distinct = [...new Set(how)].map((one) => {
    const times = how.filter((other) => other === one).length;
    return times === 1 ? one : `${times} times ${one}`;
  });
  const longest = Math.max(...runs.map((run) => run.steps));
  return [
    ...(best ? [`  best: ${best.name} with ${significant(endOf(best, figure))}`] : []),
    `  ${count(runs.length, "run")} in ${seconds.toFixed(1)} s, ${distinct.join(", ")}${complete ? "" : `; stopped after ${count(longest, "step")}`}`,
    ...notes.map((note) => `  ${note}`),
  ];
}

const inRange = (count: number): boolean => count >= 1 && count <= 100;

const isSeeds = (given: readonly unknown[]): boolean =>
  inRange(given.length) &&
  new Set(given).size === given.length &&
  given.every((seed) => Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32);
