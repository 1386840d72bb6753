import { ConfigError } from "../../errors/index.ts";
import { hyperparameters, isFullBatch } from "../../optim/index.ts";
import { bool, int, value } from "../../params/index.ts";
import { significant } from "../../plots/format.ts";
import { isSchedule, type Schedule, schedule } from "../../schedules/index.ts";
import { extentOf } from "../../session/course.ts";
import { type Experiment, fitParams } from "../../session/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { checkRates } from "../learningRate/rates.ts";
import { Subject } from "../subject.ts";
import { compared, type Replicas, seedsFrom } from "./compared.ts";
import { isNamed } from "./compareOptimizers.ts";
import { fairRate, rateSteps, ratesInWords, withRate } from "./fairRates.ts";
import type { Variant } from "./variants.ts";

/** What comparing schedules gives: the runs, and the rate that the schedules start from. */
export interface ComparedSchedules extends Replicas {
  readonly lr: number;
}

const params = {
  schedules: value<Readonly<Record<string, Schedule | null>> | null>(
    null,
    {
      type: "{ name: Schedule | null, ... }",
      noun: "schedules by name, as { constant: null, cosine: schedule.cosine() }",
      accepts: (given) => isNamed(given, (one) => one === null || isSchedule(one)),
    },
    "What is compared, by the names that the chart shows, null being a constant rate; constant, cosine, warm-up and cosine, oneCycle and step when not given.",
  ),
  seeds: int(3, "[1, 100]", "Seeds that each trains from, counted from the experiment's own; the same for all."),
  findRates: bool(
    false,
    "Looks for a learning rate first, in a short grid at constant rates, which all schedules then have as their highest or first; else that of the optimizer.",
  ),
  epochs: fitParams.epochs,
  steps: fitParams.steps,
  earlyStopping: fitParams.earlyStopping,
};

/** Share of a run that warms up. */
const WARMUP = 0.1;

export const compareSchedules = defineDiagnostic({
  summary:
    "Trains with several learning rate schedules from the same seeds and the same rate, and says whether the best is better than noise.",
  paper: "Bouthillier et al. 2021, arXiv:2103.03098, on the variance of seeds",
  params,
  positional: "schedules",
  of: ["experiment"],
  inspects: false,
  cost: "a training for every schedule and seed, all side by side",
  measure: async ({ experiment }, options, context): Promise<ComparedSchedules> => {
    const { schedules: given, seeds, findRates, ...fit } = options;
    const where = "compareSchedules";
    const { optimizer } = experiment.options;
    if (isFullBatch(optimizer)) {
      throw new ConfigError(`${where}: ${optimizer.type} finds the length of its steps itself; take another optimizer`);
    }
    checkRates(where, new Subject(experiment, null));
    const { steps } = extentOf(experiment, experiment.fitOptions(fit, where), experiment.splits.train.size);
    const notes: string[] = [];
    let used = optimizer;
    if (findRates) {
      const short = rateSteps(steps);
      const found = await fairRate(where, experiment, optimizer, short, context);
      if (found.lr !== null) used = withRate(optimizer, found.lr);
      notes.push(ratesInWords(new Map([[optimizer.type, found]]), short, experiment.splits.valid !== undefined));
    }
    const lr = hyperparameters(used).lr as number;
    const candidates = given ?? usual(experiment, lr, steps);
    if (given === null) {
      notes.push(
        `every schedule has ${significant(lr)} as its highest rate${findRates ? "" : ", the optimizer's own; findRates: true looks for one"}`,
      );
    }
    const variants = Object.entries(candidates).map(
      ([label, one]): Variant => ({ label, optimizer: used, changed: {}, fit: { schedule: one } }),
    );
    const asked = { where, experiment, variants, seeds: seedsFrom(experiment, seeds), fit, notes };
    return await compared(asked, context, { lr });
  },
});

/** What most people would try, with `lr` as the highest rate of each. */
function usual({ options }: Experiment, lr: number, steps: number): Record<string, Schedule | null> {
  const { momentum, ...numbers } = hyperparameters(options.optimizer);
  const cycles = (momentum ?? 0) > 0 || numbers["betas[0]"] !== undefined;
  return {
    constant: null,
    cosine: schedule.cosine(),
    "warm-up, cosine": schedule.warmup(Math.max(1, Math.round(WARMUP * steps)), schedule.cosine()),
    oneCycle: schedule.oneCycle({ maxLr: lr, cycleMomentum: cycles }),
    step: schedule.step({ stepSize: Math.max(1, Math.ceil(steps / 3)), per: "step" }),
  };
}
