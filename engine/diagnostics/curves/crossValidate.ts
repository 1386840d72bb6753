import { compareGroups, figureOf, verdictOf } from "../../compare/index.ts";
import { Splits } from "../../data/index.ts";
import { ConfigError, Interrupted } from "../../errors/index.ts";
import { bool, either, int, required, value } from "../../params/index.ts";
import { type ComparedLive, compareRunsPlot } from "../../plots/compareRuns.ts";
import { count, significant } from "../../plots/format.ts";
import { definePlot } from "../../plots/plot.ts";
import { Experiment, fitParams, type Run } from "../../session/index.ts";
import { type ReplicaView, trainReplicas } from "../../session/replicas.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart } from "../showing.ts";
import { factsOf } from "./facts.ts";
import { progressOf } from "./replicas.ts";

/** One training for each fold, and what they come to. */
export interface CrossValidation {
  readonly runs: readonly Run[];
  /** Of every figure that the runs ended with: the folds' own, their mean and sample deviation. */
  readonly figures: Readonly<Record<string, Spread>>;
  /** False when the user stopped before all were trained. */
  readonly complete: boolean;
}

interface Spread {
  readonly folds: readonly number[];
  readonly mean: number;
  readonly std: number;
}

export const crossValidate = defineDiagnostic({
  summary:
    "Trains once for each fold, validating on another part of the examples every time: figures with mean and deviation.",
  paper: "Stone 1974, Journal of the Royal Statistical Society B 36(2); Kohavi 1995, IJCAI",
  params: {
    folds: either(
      int(
        5,
        "[2, 100]",
        "How many, of the training examples, or the folds themselves, as digits.folds(5).map((fold) => fold.normalize()).",
      ),
      value<readonly Splits[], typeof required>(
        required,
        {
          type: "readonly Splits[]",
          noun: "a number of folds or a list of them, as from data.folds(5)",
          accepts: (given) =>
            Array.isArray(given) &&
            given.length > 1 &&
            given.every((fold) => fold instanceof Splits && fold.valid !== undefined),
        },
        "",
      ),
    ),
    stratify: bool(true, "Keeps the shares of the classes in every fold, where there are classes."),
    epochs: fitParams.epochs,
    steps: fitParams.steps,
    schedule: fitParams.schedule,
    earlyStopping: fitParams.earlyStopping,
  },
  of: ["experiment"],
  inspects: false,
  cost: "as many trainings as there are folds, one after the other",
  measure: async ({ experiment }, { folds, stratify, ...fit }, context): Promise<CrossValidation> => {
    const sets = typeof folds === "number" ? foldsOf(experiment, folds, stratify) : folds;
    const replicas = sets.map((data, i) => {
      const one = new Experiment({ ...experiment.options, data });
      const name = `${experiment.name}, fold ${i + 1}`;
      return { experiment: one, options: one.fitOptions({ ...fit, name }, "crossValidate") };
    });
    const plot = definePlot<ComparedLive>({
      ...compareRunsPlot,
      title: (found) => `${experiment.name}, cross-validated: ${verdictOf(found)}`,
    });
    const chart = new ShownChart(context, plot);
    const progress = new Progress(context, { total: null, unit: "steps", message: experiment.name });
    const label = `${sets.length} folds`;
    const comparison = (curves: readonly (ReplicaView | undefined)[]) => {
      const runs = curves.filter((curve) => curve !== undefined).map(factsOf);
      return compareGroups(runs.length ? [{ label, runs }] : [], figureOf(runs, null));
    };
    const { runs: trained, notes } = await trainReplicas(
      replicas,
      context,
      (news) => {
        const fold = news.views().filter((view) => view !== undefined).length;
        const what = `fold ${fold} of ${sets.length}`;
        progress.at(news.done, () => progressOf(experiment.name, news, what), news.now);
        chart.live(() => ({ ...comparison(news.views()), run: news.status().id }), news.now);
      },
      { name: "crossValidate", of: experiment, labels: sets.map((_, i) => `fold ${i + 1}`) },
    );
    const runs = trained.filter((run) => run !== undefined);
    if (runs.length === 0)
      throw new Interrupted(
        `crossValidate: ${experiment.name} was interrupted before training began; nothing was kept`,
      );
    for (const run of runs) experiment.keep(run);
    chart.end(comparison(runs));
    const keys = [...new Set(runs.flatMap((run) => Object.keys(run.final)))];
    const figures = Object.fromEntries(
      keys.map((key) => [key, spreadOf(runs.map((run) => run.final[key] ?? Number.NaN))]),
    );
    const complete = runs.length === sets.length && runs.every((run) => run.stopped !== "interrupted");
    return measured(
      { runs, figures, complete },
      [wordsOf(figures, runs.length, complete), ...notes.map((note) => `  ${note}`)].join("\n"),
    );
  },
});

/**
 * Folds of the training examples, raw again where transforms learnt from all of them, so that each fold's learn from its own part alone.
 * Throws ConfigError where a transform cannot be undone without loss.
 */
function foldsOf(experiment: Experiment, count: number, stratify: boolean): Splits[] {
  const { train } = experiment.splits;
  const { prepared } = train;
  const classes = train.task === "classification" && train.y.rank === 1;
  const options = { seed: experiment.options.seed, stratify: classes && stratify };
  if (!prepared?.learnt) return train.folds(count, options);
  const lossy = prepared.steps.find((step) => !step.lossless);
  if (lossy) {
    throw new ConfigError(
      `crossValidate: ${lossy.transform.type} cannot be undone to be fitted anew for each fold; give the folds: data.folds(${count}).map((fold) => fold.transform(data.${lossy.transform.type}(...)))`,
    );
  }
  const transforms = prepared.steps.map(({ transform }) => transform);
  const example = train.x.shape.slice(1);
  return train
    .restored()
    .folds(count, options)
    .map((fold) => fold.transform(...transforms).reshape(example));
}

function spreadOf(folds: readonly number[]): Spread {
  const sound = folds.filter(Number.isFinite);
  const mean = sound.reduce((a, b) => a + b, 0) / sound.length;
  const squares = sound.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { folds, mean, std: sound.length > 1 ? Math.sqrt(squares / (sound.length - 1)) : Number.NaN };
}

const wordsOf = (figures: CrossValidation["figures"], folds: number, complete: boolean): string =>
  [
    `${count(folds, "fold")}${complete ? "" : ", stopped early"}: mean and sample deviation`,
    ...Object.entries(figures).map(
      ([name, { mean, std, folds: own }]) =>
        `  ${name.padEnd(16)}${`${significant(mean)} ± ${significant(std)}`.padEnd(20)}  (${own.map(significant).join(", ")})`,
    ),
  ].join("\n");
