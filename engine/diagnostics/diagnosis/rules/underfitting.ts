import { defineRule, type Verdict } from "../rule.ts";
import { baseline, largestDropout, wholeRun } from "../standing.ts";
import { num, percent } from "../words.ts";

/** So far below a simple method. */
const BELOW = 0.1;
/** A loss that falls by so much in the last quarter is on its way: more steps are the first thing to try. */
const FALLING = 0.05;
/** Epochs below which that is no wonder. */
const SHORT = 10;

export const underfitting = defineRule({
  name: "underfitting",
  title: "the network underfits",
  summary:
    "On its own training examples it is right for, or explains, 10 points less than a simple method: the vote of nearest neighbours for classes, linear least squares or the mean of neighbours for values. It is no more than information where the loss still falls by over 5 % in the last quarter of fewer than 10 epochs.",
  why: "What it cannot do on the examples it learns from it cannot do on others: it is too small, held back too much, not trained long enough, or something is broken.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.4",
  judge: (evidence): Verdict | null => {
    const { ran, experiment } = evidence;
    const simple = baseline(evidence);
    const score = ran?.outcome.train.score ?? null;
    if (!ran || !simple || score === null || score >= simple.score - BELOW) return null;
    const falling = ran.curve !== null && ran.curve.falling > FALLING;
    const short = falling && ran.run.record.epochs < SHORT;
    const { weightDecay } = experiment.config.optimizer.options as { weightDecay?: number };
    const dropped = largestDropout(evidence.experiment.config.model.layer);
    return {
      severity: short ? "info" : "warning",
      ...(short ? { title: "training ended while it was still learning" } : {}),
      saw: `${experiment.splits.train.task === "regression" ? "it explains" : "it is right for"} ${percent(score)} of ${experiment.splits.train.task === "regression" ? "the variance of its" : "its"} own training ${experiment.splits.train.task === "regression" ? "targets" : "examples"}; ${simple.by} ${percent(simple.score)}${falling ? `; the loss still fell by ${percent(ran.curve?.falling ?? 0)} over the last quarter` : ""}`,
      tries: [
        ...(falling ? [{ text: `train longer: ${ran.run.steps} steps were not enough` }] : []),
        ...(dropped > 0.5 ? [{ text: `lower the dropout of ${num(dropped)}` }] : []),
        ...((weightDecay ?? 0) >= 0.1 ? [{ text: `lower weightDecay = ${num(weightDecay as number)}` }] : []),
        { text: "make the network wider or deeper" },
        {
          text: "see whether it can learn eight examples by heart: exp.overfitCheck()",
          action: {
            label: "Overfit 8 examples",
            title: "Inserts a cell below that does it",
            do: { kind: "insert-cell", text: "await exp.overfitCheck()" },
          },
        },
        {
          text: "check data, labels and loss for bugs: exp.preflight()",
          action: {
            label: "Preflight",
            title: "Inserts a cell below that does it",
            do: { kind: "insert-cell", text: "await exp.preflight()" },
          },
        },
      ],
      where: wholeRun(evidence),
    };
  },
});
