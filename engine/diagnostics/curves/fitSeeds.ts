import { Interrupted } from "../../errors/index.ts";
import { int, value } from "../../params/index.ts";
import { compareRunsPlot } from "../../plots/compareRuns.ts";
import { significant } from "../../plots/format.ts";
import { Experiment, fitParams, type Run } from "../../session/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart } from "../showing.ts";
import { tableOf } from "./compareRuns.ts";
import { type Comparison, compareGroups, figureOf } from "./comparison.ts";
import { fitQuietly } from "./quiet.ts";

export interface SeedRuns extends Comparison {
  readonly seeds: readonly number[];
  /** In the order of the seeds; each belongs to an experiment of its own with that seed. */
  readonly trained: readonly Run[];
  /** The run with the best final figure. */
  readonly best: Run;
  /** False when the user stopped before all seeds were trained. */
  readonly complete: boolean;
}

export const fitSeeds = defineDiagnostic({
  summary:
    "Trains the experiment from several seeds and shows how far initial weights and data order alone move the result.",
  paper: "Bouthillier et al. 2021, arXiv:2103.03098",
  params: {
    seeds: value<number | readonly number[]>(
      5,
      {
        type: "number | readonly number[]",
        noun: "how many seeds from the experiment's own on, from 2 to 100, or a list of different ones",
        accepts: (given) =>
          Array.isArray(given) ? isSeeds(given) : Number.isInteger(given) && inRange(given as number),
      },
      "How many, counted from the experiment's own seed on, or which.",
    ),
    epochs: fitParams.epochs,
    steps: fitParams.steps,
    schedule: fitParams.schedule,
    earlyStopping: fitParams.earlyStopping,
    validateEvery: int(1, "[1, inf)", "Epochs between validations."),
  },
  of: ["experiment"],
  inspects: false,
  cost: "as many trainings as there are seeds, one after the other",
  measure: async ({ experiment }, { seeds: wanted, ...fit }, context): Promise<SeedRuns> => {
    const first = experiment.options.seed;
    const seeds = typeof wanted === "number" ? Array.from({ length: wanted }, (_, i) => first + i) : wanted;
    const chart = new ShownChart(context, compareRunsPlot);
    const trained: Run[] = [];
    const compared = () => compareGroups([{ label: experiment.name, runs: trained }], figureOf(trained, null));
    let steps = 0;
    for (const seed of seeds) {
      if (context.signal.aborted) break;
      const one = new Experiment({ ...experiment.options, seed, name: experiment.name });
      const progress = new Progress(context, {
        total: steps > 0 ? steps * seeds.length : null,
        unit: "steps",
        message: `seed ${seed}, ${trained.length + 1} of ${seeds.length}`,
      });
      const run = await fitQuietly(one, { ...fit, name: `${experiment.options.name} seed ${seed}`.trim() }, context, {
        keep: true,
        at: (step) => progress.at(trained.length * steps + step),
      });
      if (run.stopped === "interrupted") break;
      steps = Math.max(steps, run.steps);
      trained.push(run);
      experiment.keep(run);
      chart.live(compared);
    }
    if (trained.length === 0) {
      throw new Interrupted("fitSeeds: interrupted before the first seed was trained; nothing was kept");
    }
    const found = compared();
    chart.end(found);
    const complete = trained.length === seeds.length;
    const { figure } = found;
    const finals = found.groups[0]?.finals as readonly number[];
    const sign = figure.better === "higher" ? -1 : 1;
    const order = finals.map((_, i) => i).filter((i) => !Number.isNaN(finals[i]));
    const best = trained[order.sort((a, b) => sign * ((finals[a] as number) - (finals[b] as number)))[0] ?? 0] as Run;
    const words = `${tableOf(found)}\n  best: seed ${best.experiment.options.seed} with ${significant(finals[trained.indexOf(best)])}${complete ? "" : `; stopped after ${trained.length} of ${seeds.length} seeds`}`;
    return measured(
      { ...found, seeds: trained.map((run) => run.experiment.options.seed), trained, best, complete },
      words,
    );
  },
});

const inRange = (count: number): boolean => count >= 2 && count <= 100;

const isSeeds = (given: readonly unknown[]): boolean =>
  inRange(given.length) &&
  new Set(given).size === given.length &&
  given.every((seed) => Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32);
