import { ConfigError, didYouMean } from "../../errors/index.ts";
import { type Bin, brier, calibrationBins, calibrationError, column, isClass } from "../../metrics/exact/index.ts";
import { choice, int, optional, required, text } from "../../params/index.ts";
import { calibrationPlot } from "../../plots/calibration.ts";
import { percent } from "../../plots/format.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { onParam } from "./parts.ts";
import { classScores, labelParam } from "./scores.ts";

export interface Calibration {
  readonly part: string;
  /** What the probabilities are of: "the predicted class", or a class's name. */
  readonly of: string;
  readonly count: number;
  readonly bins: readonly Bin[];
  /** Expected and largest gap between probability and share, over the bins. */
  readonly expectedError: number;
  readonly maximumError: number;
  /** Mean of probability - share: positive for a model that is surer than it should be. */
  readonly overconfidence: number;
  /** Mean squared distance of the probabilities from what came true. */
  readonly brier: number;
}

export const calibration = defineDiagnostic({
  summary: "Whether examples predicted with a probability p are right in a share p of the cases.",
  paper: "Guo, Pleiss, Sun & Weinberger 2017, arXiv:1706.04599, section 2",
  params: {
    on: onParam,
    label: labelParam,
    bins: int(10, "[2, 100]", "Bins of probability."),
    strategy: choice("uniform", ["uniform", "quantile"], "Bins of equal width, or of equal counts."),
    class: optional(
      text(required, "A class, whose probability is compared with its share; otherwise the predicted class."),
    ),
  },
  of: ["run"],
  inspects: true,
  cost: "a forward pass over the part that is evaluated",
  measure: async (subject, { on, label, bins: wanted, strategy, class: name }, context): Promise<Calibration> => {
    const scores = await classScores(subject, on, context, "inspect.calibration", label);
    const { part, classes, labels, probs, predicted, confidence, count } = scores;
    const c = name === null ? -1 : classes.indexOf(name);
    if (name !== null && c < 0) {
      throw new ConfigError(`inspect.calibration: no class "${name}"${didYouMean(name, classes)}`);
    }
    const came = name === null ? labels.map((label, i) => Number(label === predicted[i])) : isClass(labels, c);
    const probability = name === null ? confidence : column(probs, classes.length, c);
    const bins = calibrationBins(came, probability, { bins: wanted, strategy });
    const { expected, maximum, over } = calibrationError(bins);
    const found = {
      part,
      of: name ?? "the predicted class",
      count,
      bins,
      expectedError: expected,
      maximumError: maximum,
      overconfidence: over,
      brier: brier(came, probability),
    };
    showChart(context, calibrationPlot, { name: subject.name, ...found });
    const words = `${part} data, ${found.of}: expected calibration error ${percent(expected)}, largest ${percent(maximum)}, Brier score ${found.brier.toPrecision(3)}`;
    const lines = bins.map(
      (b) =>
        `  ${b.from.toFixed(2)} to ${b.to.toFixed(2)}  predicted ${percent(b.predicted)}, came ${percent(b.observed)}, ${b.count.toLocaleString("en-US")} examples`,
    );
    return measured(found, [words, ...lines].join("\n"));
  },
});
