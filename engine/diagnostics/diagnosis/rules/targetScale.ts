import { defineRule, type Verdict } from "../rule.ts";
import { learned, wholeRun } from "../standing.ts";
import { num, percent } from "../words.ts";
import { betterLower } from "./rateTooHigh.ts";

/** So much more of the variance, as in `underfitting`. */
const MORE = 0.1;

export const targetScale = defineRule({
  name: "target-scale",
  title: "the targets are badly scaled",
  summary:
    "Targets to be met by squared error with a mean over 3 deviations from 0, or a deviation above 10 or below 0.1, and a short training on standardized targets, at the same rate, that explains 10 points more of their variance than the run, which did not come to what a simple method explains. Where the run broke off and no lower rate helps, also at a tenth or a hundredth of the rate.",
  why: "A network begins near 0 and with steps made for outputs near deviation 1: large targets give gradients as large as they are, so that rates that are usual overshoot, and what moves by steps of one size (Adam) takes thousands of steps to get there.",
  paper:
    "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.5; Bishop 1995, Neural Networks for Pattern Recognition, section 8.2",
  explains: [
    "rate-too-high",
    "rate-too-low",
    "diverging",
    "dead-relu",
    "saturated-units",
    "exploding-gradients",
    "bad-initial-loss",
    "ill-conditioned",
    "plateau",
    "underfitting",
    "loss-spike",
    "clipped-too-often",
    "noisy-validation",
    "overfitting",
  ],
  judge: (evidence): Verdict | null => {
    const { targets } = evidence.data;
    const { ran } = evidence;
    const trial = ran?.trials.scaledTargets;
    if (!ran || !targets || !trial?.finite || learned(evidence) === true) return null;
    // a lower rate is the cause where it helps on the targets as they are
    if (trial.factor < 1 && betterLower(evidence)) return null;
    const score = Math.max(0, ran.run.stopped === "non-finite" ? 0 : (ran.outcome.train.score ?? 0));
    const reached = 1 - trial.end; // targets of variance 1
    if (!(reached > score + MORE)) return null;
    return {
      severity: "error",
      saw: `the targets have mean ${num(targets.mean)} and deviation ${num(targets.std)}; ${
        ran.run.stopped === "non-finite"
          ? `the run broke off after ${ran.run.steps} steps`
          : `the run explains ${percent(score)} of their variance after ${ran.run.steps} steps`
      }, and the same net at ${trial.factor === 1 ? "the same rate" : `a rate of ${num(ran.lr * trial.factor)}`} ${percent(reached)} of that of standardized targets after ${trial.steps}`,
      tries: [
        { text: "take the mean off the targets and divide them by their deviation; undo it for predictions" },
        { text: `or start the last bias at their mean: nn.linear(1, { bias: init.constant(${num(targets.mean)}) })` },
      ],
      where: wholeRun(evidence),
    };
  },
});
