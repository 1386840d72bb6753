import { num } from "../../params/index.ts";
import { along, back, componentColumns, keptOf, kParam, requireVariance, statisticsOf } from "./axes.ts";
import { collecting } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { Covariance } from "./covariance.ts";
import { defineTransform, type Statistics } from "./definition.ts";

const spreadOf =
  ({ variance }: Statistics, eps: number) =>
  (i: number) =>
    Math.sqrt((variance?.[i] as number) + eps);

/**
 *   Xrot = (x - mean) U,  Xwhite = Xrot / sqrt(S + eps),  cov = X^T X / N = U S U^T of the training examples
 *
 * The form of the decks and of CS231n: variances divided by N and eps within the root. `pca({ whiten: true })` is scikit-learn's, with
 * N - 1 and without eps.
 */
export const whiten = defineTransform({
  summary:
    "Rotated to the directions of most variance and divided by the deviations: the covariance becomes the identity.",
  paper:
    "LeCun, Bottou, Orr & Mueller 1998, Efficient BackProp, section 4.3; Li & Karpathy, CS231n notes, Data preprocessing",
  params: {
    eps: num(
      1e-5,
      "[0, inf)",
      "Added to a variance within the root: keeps noise along directions of little variance small.",
    ),
    k: kParam,
    columns: columnsParam,
  },
  of: "numbers",
  anew: true,
  collect: ({ columns }, { k, eps }) => {
    const covariance = new Covariance("whiten", columns.length);
    return collecting(
      (rows) => covariance.add(rows),
      () => {
        const axes = covariance.axes(0);
        const kept = keptOf("whiten", k, axes);
        requireVariance("whiten", axes, kept, eps);
        return statisticsOf(axes, kept);
      },
    );
  },
  apply: (rows, statistics, { eps }) => along(rows, statistics, spreadOf(statistics, eps)),
  invert: (rows, statistics, { eps }) => back(rows, statistics, spreadOf(statistics, eps)),
  columns: (_, { variance }) => componentColumns((variance as Float64Array).length),
});
