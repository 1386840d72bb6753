import type { RunContext } from "../../context/index.ts";
import { Splits } from "../../data/index.ts";
import { ConfigError, Interrupted } from "../../errors/index.ts";
import { betterOf, nameOf } from "../../metrics/index.ts";
import { isLayer, type Layer } from "../../nn/index.ts";
import { type Checked, int, num, optional, required, value } from "../../params/index.ts";
import { dataCurvePlot } from "../../plots/dataCurve.ts";
import { significant } from "../../plots/format.ts";
import { Experiment, fitParams } from "../../session/index.ts";
import { fitQuietly } from "../curves/quiet.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart } from "../showing.ts";
import { fitPowerLaw, type PowerLaw } from "./powerLaw.ts";
import { nestedOrder } from "./subsets.ts";

type Models = Readonly<Record<string, Layer>> | null;

const params = {
  fractions: value<readonly number[]>(
    [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1],
    {
      type: "readonly number[]",
      noun: "two to twenty shares of the training data in (0, 1], as [0.1, 0.3, 1]",
      accepts: (given) =>
        Array.isArray(given) &&
        given.length >= 2 &&
        given.length <= 20 &&
        given.every((f) => typeof f === "number" && f > 0 && f <= 1),
    },
    "Shares of the training data; smaller parts lie within larger ones and keep the shares of the classes.",
  ),
  seeds: int(3, "[1, 50]", "Trainings at every size: other examples, initial weights and order."),
  epochs: fitParams.epochs,
  steps: optional(
    int(
      required,
      "[1, inf)",
      "Updates at every size; as many as 10 passes over all data take when epochs is not given either.",
    ),
  ),
  schedule: fitParams.schedule,
  target: optional(num(required, "(0, inf)", "Error that is asked for; half of what all data gives when not given.")),
  models: value<Models>(
    null,
    {
      type: "Record<string, Layer>",
      noun: "models by name, as { small: nn.sequential(...), large: nn.sequential(...) }",
      accepts: (given) =>
        typeof given === "object" &&
        given !== null &&
        Object.keys(given).length > 0 &&
        Object.values(given).every(isLayer),
    },
    "Models that are compared on the same parts; the experiment's own when not given.",
  ),
};

/** Trainings with one number of examples. */
export interface DataPoint {
  readonly examples: number;
  /** Error on data that was not trained on, and on the part that was, of each seed; NaN where training broke off. */
  readonly errors: readonly number[];
  readonly trainErrors: readonly number[];
  readonly mean: number;
  /** Sample deviation over the seeds; NaN for one. */
  readonly std: number;
  readonly trainMean: number;
}

export interface DataCurveOf {
  readonly model: string;
  readonly points: readonly DataPoint[];
  /** a n^-b + c through the means, c from 0 up; null with fewer than four sizes. */
  readonly law: PowerLaw | null;
  readonly target: number;
  /** Examples that the law asks for the target, and with the 95 % interval of the law; infinite: no amount. */
  readonly needed: number;
  readonly neededRange: readonly [number, number];
}

export interface DataCurve {
  /** "error" (1 - accuracy and the like), or "loss" and other figures that fall. */
  readonly figure: string;
  /** "validation" or "test". */
  readonly part: string;
  /** Updates of every training; null when it was epochs. */
  readonly steps: number | null;
  readonly curves: readonly DataCurveOf[];
  /** False when the user stopped before the end. */
  readonly complete: boolean;
}

export const dataCurve = defineDiagnostic({
  summary: "Error against the number of training examples, with a power law that says what more data would bring.",
  paper: "Cortes et al. 1993; Hestness et al. 2017, arXiv:1712.00409",
  params,
  of: ["experiment"],
  inspects: false,
  cost: "a training for every size and seed, 15 by default, each of as many steps",
  measure: async ({ experiment }, options, context): Promise<DataCurve> => {
    if (options.epochs !== null && options.steps !== null) {
      throw new ConfigError("dataCurve: epochs and steps are both given; give one");
    }
    const { splits } = experiment;
    const part = splits.valid ? "validation" : "test";
    if (!(splits.valid ?? splits.test)) {
      throw new ConfigError("dataCurve: it needs validation or test data; split it, as data.split({ valid: 0.2 })");
    }
    const { figure, complement } = figureOf(experiment);
    const name = complement ? "error" : figure;
    const chart = new ShownChart(context, dataCurvePlot);
    const { steps, trained, complete } = await trainAll(experiment, options, context, (points) =>
      chart.live(() => ({
        name: experiment.name,
        found: { figure: name, part, steps: null, curves: curvesOf(points, options), complete: false },
      })),
    );
    const curves = curvesOf(trained, options);
    if (curves.every(({ points }) => points.length === 0)) {
      throw new Interrupted("dataCurve: interrupted before the first size was trained; nothing was changed");
    }
    const found: DataCurve = { figure: name, part, steps, curves, complete };
    chart.end({ name: experiment.name, found });
    return measured(found, tableOf(found));
  },
});

/** The first metric, as an error where it is a share that should be high; the loss when there is none. */
function figureOf({ options: { metrics } }: Experiment): { figure: string; complement: boolean } {
  const [metric] = metrics;
  if (!metric) return { figure: "loss", complement: false };
  return { figure: nameOf(metric), complement: betterOf(metric) === "higher" };
}

interface Trained {
  readonly model: string;
  readonly examples: number;
  readonly error: number;
  readonly trainError: number;
}

/** Every size with every seed, the small sizes first; what is done when the user stops counts. */
async function trainAll(
  experiment: Experiment,
  { fractions, seeds, epochs, steps: asked, schedule, models }: Checked<typeof params>,
  context: RunContext,
  shown: (trained: readonly Trained[]) => void,
): Promise<{ steps: number | null; trained: Trained[]; complete: boolean }> {
  const { train, valid, test } = experiment.splits;
  const { batchSize, accumulate, seed: first } = experiment.options;
  const { figure, complement } = figureOf(experiment);
  const sizes = [...new Set(fractions.map((f) => Math.max(1, Math.round(f * train.size))))].sort((a, b) => a - b);
  const steps = epochs === null ? (asked ?? 10 * Math.ceil(train.size / experiment.stepSize)) : null;
  const nets = Object.entries(models ?? { [experiment.name]: experiment.options.model });
  const total = sizes.length * seeds * nets.length;
  const trained: Trained[] = [];
  const value = (figures: Readonly<Record<string, number>>) => {
    const v = figures[figure] ?? Number.NaN;
    return complement ? 1 - v : v;
  };
  for (const size of sizes) {
    for (let s = 0; s < seeds; s++) {
      const rows = nestedOrder(train, first + s).slice(0, size);
      const part = train.rows(rows);
      for (const [model, layer] of nets) {
        const done = trained.length;
        const progress = new Progress(context, {
          total,
          unit: "trainings",
          message: `${size.toLocaleString("en-US")} examples, seed ${first + s}`,
        });
        if (progress.stopped) return { steps, trained, complete: false };
        const batch = Math.min(batchSize, size);
        const one = new Experiment({
          ...experiment.options,
          name: experiment.name,
          model: layer,
          // a last batch of one example is too few for batch normalization
          dropLast: experiment.options.dropLast || size % batch === 1,
          data: new Splits({ train: part, valid, test }),
          batchSize: batch,
          accumulate: Math.min(accumulate, Math.max(1, Math.floor(size / batch))),
          seed: first + s,
        });
        const run = await fitQuietly(one, { steps, epochs, schedule, name: `${model}, ${size} examples` }, context, {
          keep: false,
          at: () => progress.at(done),
        });
        if (run.stopped === "interrupted") return { steps, trained, complete: false };
        const failed = run.stopped === "non-finite";
        const error = failed ? Number.NaN : value(await run.evaluate(valid ?? (test as typeof train)));
        const trainError = failed ? Number.NaN : value(await run.evaluate(part));
        trained.push({ model, examples: size, error, trainError });
        shown(trained);
      }
    }
  }
  return { steps, trained, complete: true };
}

/** Sizes that a law of three parameters is fitted to at least: through three points one always goes. */
const FEWEST = 4;

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function curvesOf(trained: readonly Trained[], { target, seeds }: Checked<typeof params>): DataCurveOf[] {
  return [...new Set(trained.map(({ model }) => model))].map((model) => {
    const own = trained.filter((t) => t.model === model);
    const points = [...new Set(own.map((t) => t.examples))].map((examples): DataPoint => {
      const here = own.filter((t) => t.examples === examples);
      const sound = here.map((t) => t.error).filter((v) => !Number.isNaN(v));
      const average = mean(sound);
      const squares = sound.reduce((sum, v) => sum + (v - average) ** 2, 0);
      return {
        examples,
        errors: here.map((t) => t.error),
        trainErrors: here.map((t) => t.trainError),
        mean: average,
        std: sound.length > 1 ? Math.sqrt(squares / (sound.length - 1)) : Number.NaN,
        trainMean: mean(here.map((t) => t.trainError).filter((v) => !Number.isNaN(v))),
      };
    });
    const whole = points.filter((p) => p.errors.length === seeds && !Number.isNaN(p.mean));
    const law =
      whole.length < FEWEST
        ? null
        : fitPowerLaw(
            whole.map((p) => p.examples),
            whole.map((p) => p.mean),
            0,
          );
    const last = points.at(-1)?.mean ?? Number.NaN;
    return { model, points, law, ...wanted(law, target ?? last / 2) };
  });
}

/** Examples for a target, and between which the law's interval puts them. */
function wanted(law: PowerLaw | null, target: number): Pick<DataCurveOf, "target" | "needed" | "neededRange"> {
  if (!law) return { target, needed: Number.NaN, neededRange: [Number.NaN, Number.NaN] };
  // where the lower and the upper end of the interval come down to the target, up to a billion examples
  const reaches = (side: 1 | -1) => {
    for (let exponent = 0; exponent <= 9; exponent += 0.02) {
      const n = 10 ** exponent;
      if (law.at(n) + side * law.margin(n) <= target) return n;
    }
    return Number.POSITIVE_INFINITY;
  };
  const known = !Number.isNaN(law.margin(1000));
  return {
    target,
    needed: law.examplesFor(target),
    neededRange: known ? [reaches(-1), reaches(1)] : [Number.NaN, Number.NaN],
  };
}

function tableOf({ curves, figure, part, steps, complete }: DataCurve): string {
  const lines = curves.flatMap(({ model, points, law, target, needed }) => [
    ...(curves.length > 1 ? [`${model}:`] : []),
    ...points.map(
      (p) =>
        `  ${p.examples.toLocaleString("en-US").padStart(9)} examples  ${part} ${significant(p.mean)}${Number.isNaN(p.std) ? "" : ` (std ${significant(p.std)}, ${p.errors.length} seeds)`}, training ${significant(p.trainMean)}`,
    ),
    ...(law
      ? [
          `  power law: ${significant(law.a)} n^-${significant(law.b)} + ${significant(law.c)}; ${Number.isFinite(needed) ? `${figure} ${significant(target)} needs about ${Math.round(needed).toLocaleString("en-US")} examples` : `${figure} ${significant(target)} is not reached by more data`}`,
        ]
      : ["  four sizes are needed for a power law"]),
  ]);
  const head = `${figure} against examples${steps === null ? "" : `, ${steps.toLocaleString("en-US")} steps each`}${complete ? "" : "; stopped before the end"}`;
  return [head, ...lines].join("\n");
}
