import { ConfigError } from "../../errors/index.ts";
import { optional, required, value } from "../../params/index.ts";
import { significant } from "../../plots/format.ts";
import { taylor } from "../../plots/taylor.ts";
import { defineDiagnostic } from "../definition.ts";
import { heights } from "../landscape/grid.ts";
import { measured, Progress, showChart } from "../showing.ts";
import { objectiveOf, objectiveParams, overWhat } from "./objectiveOf.ts";
import { rateOf } from "./rate.ts";
import { dot, length } from "./vectors.ts";

/** A plain gradient step of one rate: what a Taylor expansion says of it, and what it does. All are changes of the loss. */
export interface TaylorStep {
  readonly lr: number;
  /** -lr g'g */
  readonly slope: number;
  /** lr^2 g'Hg / 2 */
  readonly curvature: number;
  /** Their sum. */
  readonly predicted: number;
  readonly actual: number;
  /** curvature over -slope: from 1 on the curvature takes all that the slope promises. */
  readonly ratio: number;
}

export interface TaylorSteps {
  readonly loss: number;
  readonly gradientNorm: number;
  /** g'Hg / g'g: the curvature along the gradient. */
  readonly alongGradient: number;
  readonly samples: number;
  readonly training: boolean;
  /** The rate that training uses; NaN without one. */
  readonly lr: number;
  readonly steps: readonly TaylorStep[];
  /** At `lr` the curvature term is larger than the slope's. */
  readonly illConditioned: boolean;
  /** Changes of the loss below this are rounding. */
  readonly resolution: number;
}

/** Rates around the one that training uses. */
const FACTORS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
/** Rounding of a mean loss in f32, as a share of it. */
const ROUNDING = 2 ** -22;

export const taylorStep = defineDiagnostic({
  summary:
    "What slope and curvature predict of a gradient step against what it does, for rates around the optimizer's.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.2.1 and equation 4.9",
  params: {
    lrs: optional(
      value<readonly number[], typeof required>(
        required,
        {
          type: "readonly number[]",
          noun: "a list of positive rates, as [0.01, 0.1]",
          accepts: (given) =>
            Array.isArray(given) && given.length > 0 && given.every((x) => Number.isFinite(x) && x > 0),
        },
        "Rates to look at; nine from a hundredth to a hundred times the optimizer's when not given.",
      ),
    ),
    ...objectiveParams,
  },
  of: ["experiment", "run"],
  inspects: false,
  cost: "a gradient, a Hessian-vector product, and a forward pass over the samples for each rate",
  measure: async (subject, options, context): Promise<TaylorSteps> => {
    const own = rateOf(subject);
    if (options.lrs === null && !(own > 0)) {
      throw new ConfigError("taylorStep: the optimizer has no rate to look around; give lrs, as [0.01, 0.1]");
    }
    const lrs = [...(options.lrs ?? FACTORS.map((factor) => factor * own))].sort((a, b) => a - b);
    const rates = own > 0 && !lrs.includes(own) ? [...lrs, own].sort((a, b) => a - b) : lrs;
    const progress = new Progress(context, { total: rates.length, unit: "rates", message: "taylorStep" });
    const found = await subject.onDevice(context, async (device): Promise<TaylorSteps> => {
      const objective = objectiveOf(subject, device, options, context);
      progress.check(0);
      const { loss, gradient } = await objective.gradient();
      const gg = dot(gradient, gradient);
      const gHg = dot(gradient, await objective.product(gradient));
      const after: number[] = [];
      await heights(
        objective,
        { first: Float32Array.from(gradient) },
        [{ a: 0, b: 0 }, ...rates.map((lr) => ({ a: -lr, b: 0 }))],
        {
          stopped: () => progress.stopped,
          take: (i, height) => {
            after[i] = height.loss;
            progress.at(i);
          },
        },
      );
      progress.check(after.length);
      const steps = rates.map((lr, i): TaylorStep => {
        const [slope, curvature] = [-lr * gg, (lr * lr * gHg) / 2];
        const actual = (after[i + 1] as number) - (after[0] as number);
        return { lr, slope, curvature, predicted: slope + curvature, actual, ratio: curvature / -slope };
      });
      return {
        loss,
        gradientNorm: length(gradient),
        alongGradient: gHg / gg,
        samples: objective.samples,
        training: objective.training,
        lr: own,
        steps,
        illConditioned: (own * gHg) / (2 * gg) > 1,
        resolution: ROUNDING * Math.abs(loss),
      };
    });
    showChart(context, taylor, { name: subject.name, ...found });
    const rows = found.steps.map(
      ({ lr, slope, curvature, predicted, actual, ratio }) =>
        `  ${significant(lr).padStart(9)}  ${[slope, curvature, predicted, actual, ratio].map((x) => significant(x).padStart(10)).join(" ")}${Math.abs(actual) < 10 * found.resolution ? "  (rounding)" : ""}`,
    );
    const head = `       rate       slope  curvature  predicted     actual      ratio`;
    return measured(
      found,
      [
        `gradient steps of ${subject.name}: loss ${significant(found.loss)}, |gradient| ${significant(found.gradientNorm)}, over ${overWhat(found)}`,
        `  ${taylor.title({ name: subject.name, ...found })}`,
        head,
        ...rows,
      ].join("\n"),
    );
  },
});
