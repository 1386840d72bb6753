import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { hyperparameters, isFullBatch, isOptimizer, type Optimizer, optim } from "../../optim/index.ts";
import { bool, int, optional, required, value } from "../../params/index.ts";
import { type Schedule, scheduleAt } from "../../schedules/index.ts";
import { extentOf } from "../../session/course.ts";
import { type Experiment, fitParams } from "../../session/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { compared, type Replicas, seedsFrom } from "./compared.ts";
import { type FoundRate, fairRate, rateSteps, ratesInWords, withRate } from "./fairRates.ts";
import type { Variant } from "./variants.ts";

/** What comparing optimizers gives: the runs, and the rate of each optimizer. */
export interface ComparedOptimizers extends Replicas {
  /** By label; those that were found, or those that were given. */
  readonly rates: Readonly<Record<string, number>>;
}

const params = {
  optimizers: value<Readonly<Record<string, Optimizer>> | null>(
    null,
    {
      type: "{ name: Optimizer, ... }",
      noun: "optimizers by name, as { adam: optim.adam(), sgd: optim.sgd({ lr: 0.1 }) }",
      accepts: (given) => isNamed(given, isOptimizer),
    },
    "What is compared, by the names that the chart shows; sgd with momentum, adam, adamw and rmsprop when not given, and the experiment's own.",
  ),
  seeds: int(3, "[1, 100]", "Seeds that each trains from, counted from the experiment's own; the same for all."),
  findRates: optional(
    bool(
      required,
      "Looks for a learning rate for each first, in a short grid; only where no optimizers are given when not said.",
    ),
  ),
  epochs: fitParams.epochs,
  steps: fitParams.steps,
  schedule: fitParams.schedule,
  earlyStopping: fitParams.earlyStopping,
};

export const compareOptimizers = defineDiagnostic({
  summary:
    "Trains with several optimizers from the same seeds, each at a fair learning rate, and says whether the best is better than noise.",
  paper:
    "Choi et al. 2019, arXiv:1910.05446: optimizers compare as their learning rates were tuned; Bouthillier et al. 2021, arXiv:2103.03098",
  params,
  positional: "optimizers",
  of: ["experiment"],
  inspects: false,
  cost: "a training for every optimizer and seed, side by side where they differ in numbers alone; before it about a thousand steps for each optimizer, nine side by side",
  measure: async ({ experiment }, options, context): Promise<ComparedOptimizers> => {
    const { optimizers: given, seeds, findRates, ...fit } = options;
    const where = "compareOptimizers";
    const candidates = given ?? usual(experiment);
    const whole = Object.entries(candidates).find(([, one]) => isFullBatch(one));
    if (whole) {
      throw new ConfigError(
        `${where}: ${whole[0]} looks at the whole training set in every step, which minibatch optimizers do not; compare its runs with exp.compareRuns`,
      );
    }
    const found = new Map<string, FoundRate>();
    const notes: string[] = [];
    const extent = extentOf(experiment, experiment.fitOptions(fit, where), experiment.splits.train.size);
    const steps = rateSteps(extent.steps);
    if (findRates ?? given === null) {
      if (fit.schedule && !startsFromRate(fit.schedule)) {
        notes.push(
          `learning rates: ${fit.schedule.type} sets them itself, the same for all; one that starts at each optimizer's own, as schedule.cosine(), is fairer`,
        );
      } else {
        for (const [label, optimizer] of Object.entries(candidates)) {
          found.set(label, await searched(where, experiment, optimizer, steps, context));
        }
        notes.push(ratesInWords(found, steps, experiment.splits.valid !== undefined));
      }
    } else notes.push("learning rates: as given; findRates: true looks for one for each");
    const variants = Object.entries(candidates).map(([label, optimizer]): Variant => {
      const lr = found.get(label)?.lr;
      return { label, optimizer: lr ? withRate(optimizer, lr) : optimizer, changed: {}, fit: {} };
    });
    const asked = { where, experiment, variants, seeds: seedsFrom(experiment, seeds), fit, notes };
    const rates = Object.fromEntries(variants.map(({ label, optimizer }) => [label, rateOf(optimizer)]));
    return await compared(asked, context, { rates });
  },
});

async function searched(
  where: string,
  experiment: Experiment,
  optimizer: Optimizer,
  steps: number,
  context: RunContext,
): Promise<FoundRate> {
  if (hyperparameters(optimizer).lr === undefined) return { lr: null, tried: 0, edge: false };
  return await fairRate(where, experiment, optimizer, steps, context);
}

const rateOf = (optimizer: Optimizer): number => hyperparameters(optimizer).lr ?? Number.NaN;

/** What most people would try, with the experiment's own settings for the one that it has. */
function usual({ options: { optimizer } }: Experiment): Record<string, Optimizer> {
  const all: Record<string, Optimizer> = {
    sgd: optim.sgd({ momentum: 0.9 }),
    adam: optim.adam(),
    adamw: optim.adamw(),
    rmsprop: optim.rmsprop(),
  };
  return isFullBatch(optimizer) ? all : { ...all, [optimizer.type]: optimizer };
}

/** Whether a schedule begins at the optimizer's own rate, and does not name its rates itself. */
function startsFromRate(schedule: Schedule): boolean {
  const place = { step: 0, epoch: 0, steps: 100, stepsPerEpoch: 10, epochs: 10, seen: [] };
  const at = (base: number, step: number) => scheduleAt(schedule, base, { ...place, step }).lr;
  return [0, 50].some((step) => at(1, step) !== at(2, step));
}

/** Whether something is a record of at least one such value. */
export const isNamed = (given: unknown, accepts: (one: unknown) => boolean): boolean =>
  typeof given === "object" &&
  given !== null &&
  !Array.isArray(given) &&
  Object.keys(given).length > 0 &&
  Object.values(given).every(accepts);
