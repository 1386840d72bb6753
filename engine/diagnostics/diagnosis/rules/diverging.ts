import { oddTargets } from "../evidence/targets.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { wholeRun } from "../standing.ts";
import { findRate, num, setRate } from "../words.ts";

export const diverging = defineRule({
  name: "diverging",
  title: "training diverges",
  summary:
    "The run broke off at a value that was not finite, or its loss ended over 20 % above that of the first weights.",
  why: "Steps that make the loss larger make the next gradient larger too, until numbers overflow.",
  explains: [
    "dead-relu",
    "saturated-units",
    "plateau",
    "underfitting",
    "loss-spike",
    "noisy-validation",
    "loss-metric-divergence",
    "overfitting",
    "class-imbalance",
  ],
  judge: (evidence): Verdict | null => {
    const { ran, initial, data } = evidence;
    if (!ran) return null;
    const broke = ran.run.stopped === "non-finite";
    const climbed = ran.curve !== null && ran.curve.end > 1.2 * Math.max(initial.loss, 1e-12);
    if (!broke && !climbed) return null;
    const { lower } = ran.trials;
    const survives = lower.find((t) => t.finite && t.end < initial.loss);
    return {
      severity: "error",
      saw: broke
        ? `a value was no longer finite after ${ran.run.steps} steps; the loss began at ${num(initial.loss)}${ran.curve ? ` and was ${num(ran.curve.loss.at(-1) as number)} at the last step` : ""}`
        : `the loss began at ${num(initial.loss)} and ended at ${num(ran.curve?.end ?? Number.NaN)}`,
      tries: [
        // a rate at which a short training broke off as well is no advice
        ...(lower.length > 0 && !survives ? [] : [setRate(evidence, ran.lr * (survives?.factor ?? 0.1))]),
        ...(data.targets && oddTargets(data.targets)
          ? [{ text: "take the mean off the targets and divide them by their deviation" }]
          : []),
        findRate,
        { text: "clip gradients: clip: { norm: 1 }" },
        { text: 'scale the inputs: normalize("standardize")' },
      ],
      where: wholeRun(evidence),
    };
  },
});
