import type { Evidence } from "../evidence/evidence.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { validRise } from "../validation.ts";
import { num, percent } from "../words.ts";

export const overfitting = defineRule({
  name: "overfitting",
  title: "the network overfits",
  summary:
    "Accuracy on training examples is over 5 points and two standard errors above that on validation examples (explained variance: 30 points, and 15 points and two standard errors), or the validation loss rose from its lowest by half (and three standard errors, or steadily) while the metric did not gain.",
  why: "It learns its examples by heart: what it gains on them no longer helps on others, or hurts.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 5.2",
  explains: ["noisy-validation", "loss-metric-divergence"],
  judge: (evidence): Verdict | null => {
    const gap = gapOf(evidence);
    const rise = validRise(evidence);
    const worse = rise && !rise.metricHeld ? rise : null;
    if (!evidence.ran || (!gap && !worse)) return null;
    const train = evidence.experiment.splits.train;
    const params = evidence.experiment.config.model.declaration.parameters.reduce(
      (n, p) => n + p.shape.reduce((a, b) => a * b, 1),
      0,
    );
    return {
      severity: "warning",
      saw: [
        gap,
        worse &&
          `the validation loss was lowest (${num(worse.lowest)}) after epoch ${worse.epoch} and ended at ${num(worse.end)}`,
        `${params.toLocaleString("en-US")} parameters learn from ${train.size.toLocaleString("en-US")} examples`,
      ]
        .filter(Boolean)
        .join("; "),
      tries: [
        ...(worse
          ? [
              {
                text: `stop at the best epoch: fit({ earlyStopping: { patience: ${Math.max(5, Math.round(worse.epoch / 4))} } })`,
              },
            ]
          : []),
        { text: "gather more training examples: nothing helps as much" },
        { text: "weight decay: optim.adamw({ weightDecay: 0.05 })" },
        { text: "nn.dropout(0.3) between layers" },
        { text: "a smaller network" },
      ],
      ...(worse ? { where: { steps: [worse.step, worse.lastStep] as const } } : {}),
    };
  },
});

/** How far validation is behind training, in words, when that is beyond chance. */
function gapOf({ ran, experiment }: Evidence): string | null {
  const [train, valid] = [ran?.outcome.train, ran?.outcome.valid];
  if (!train || !valid || train.score === null || valid.score === null) return null;
  const gap = train.score - valid.score;
  if (experiment.splits.train.task === "regression") {
    return gap > 0.15 + 2 * (valid.scoreError ?? 0) && gap > 0.3 && train.score > 0.3
      ? `it explains ${percent(train.score)} of the variance of training and ${percent(Math.max(-9.99, valid.score))} of that of validation targets`
      : null;
  }
  const error = valid.scoreError ?? 0;
  return gap > 0.05 + 2 * error
    ? `it is right for ${percent(train.score)} of training and ${percent(valid.score)} (give or take ${percent(error)}) of validation examples`
    : null;
}
