import { defineRule, type Verdict } from "../rule.ts";
import { num, percent } from "../words.ts";

/** The most frequent class against the rarest. */
const TIMES = 10;

export const classImbalance = defineRule({
  name: "class-imbalance",
  title: "a rare class is not recognized",
  summary:
    "The most frequent class has ten times the examples of the rarest or more, and under half of the latter are recognized.",
  why: "The loss is a mean over examples: a network that leaves a rare class out pays almost nothing, and its accuracy looks fine.",
  paper: "He & Garcia 2009, Learning from Imbalanced Data",
  explains: ["underfitting", "plateau"],
  judge: ({ data: { labels }, ran }): Verdict | null => {
    if (!labels || !ran || labels.least.share === 0) return null;
    const { most, least } = labels;
    if (most.share < TIMES * least.share) return null;
    const part = ran.outcome.valid ?? ran.outcome.train;
    const seen = [part, ran.outcome.train]
      .map(({ recall }) => recall.find(({ label }) => label === least.label))
      .find((r) => r && r.count >= 5);
    if (!seen || seen.right / seen.count >= 0.5) return null;
    return {
      severity: "warning",
      saw: `class ${least.label} is ${percent(least.share)} of the training examples, class ${most.label} ${percent(most.share)} (${num(most.share / least.share)} times as many), and ${seen.right} of ${seen.count} of class ${least.label} are recognized`,
      tries: [
        { text: "weight the classes: loss.crossEntropy({ weight: [...] }) with 1 / share of each" },
        { text: "gather more examples of the rare class" },
        { text: "judge by recall or F1 of each class, not by accuracy" },
      ],
    };
  },
});
