import { exp, greater, log, mul, select, sub } from "../ops/index.ts";
import { bool, choice } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { valueTarget } from "./values.ts";

/** output: log-probabilities; target of the same shape: probabilities, 0 allowed, or with logTarget their logarithms. */
export const klDiv = defineLoss({
  summary: "Kullback-Leibler divergence of the target's distribution from the output's: target (log target - output).",
  rule: ["l = y (log y - x),   x the log-probabilities"],
  params: {
    reduction: choice(
      "mean",
      ["mean", "batchmean", "sum", "none"],
      'How the elements\' losses become one number: "mean" divides by the elements as PyTorch does, "batchmean" by the examples, which is the divergence.',
    ),
    logTarget: bool(false, "The targets are logarithms of probabilities."),
  },
  takes: ["value"],
  gives: "logProbabilities",
  terms: ({ output, target }, { logTarget, reduction }) => {
    const t = valueTarget("klDiv", output, target);
    const positive = greater(t, 0);
    const ownLog = logTarget ? t : log(select(positive, t, 1)); // 0 log 0 counts as 0
    const each = logTarget ? mul(exp(t), sub(t, output)) : mul(t, sub(ownLog, output));
    return { each, count: reduction === "batchmean" ? (output.shape[0] ?? 1) : undefined };
  },
});
