import { defineRule, type Verdict } from "../rule.ts";
import { percent } from "../words.ts";

/** The vote of neighbours must be right for so much less of the one part, and by so many standard errors. */
const GAP = 0.15;
const ERRORS = 4;

export const differentParts = defineRule({
  name: "different-parts",
  title: "validation examples are not like training examples",
  summary:
    "The vote of the nearest training examples is right for 15 points and four standard errors less of the validation examples than of training examples, themselves left out.",
  why: "What holds for training examples does not hold for these: figures on them then say more of how the parts were made than of the network.",
  paper: "Quiñonero-Candela et al. 2009, Dataset Shift in Machine Learning, chapter 1",
  explains: ["overfitting", "loss-metric-divergence", "noisy-validation", "batch-norm-gap"],
  judge: ({ data: { neighbours, acrossParts } }): Verdict | null => {
    if (!neighbours || !acrossParts) return null;
    const [own, other] = [neighbours.accuracy, acrossParts.accuracy];
    // at the shares of both together, as two proportions are compared
    const pooled = (own * neighbours.asked + other * acrossParts.asked) / (neighbours.asked + acrossParts.asked);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / neighbours.asked + 1 / acrossParts.asked));
    if (!(own - other > Math.max(GAP, ERRORS * error))) return null;
    return {
      severity: "error",
      saw: `the vote of ${neighbours.neighbours} nearest training examples is right for ${percent(own)} of ${neighbours.asked} training examples and ${percent(other)} of ${acrossParts.asked} validation examples`,
      tries: [
        { text: "split one shuffled table: data.split({ valid, test, seed }), with stratify: true for rare classes" },
        { text: "see that labels mean the same in both parts, and rows and labels of each belong together" },
        { text: "scale both parts alike: splits.normalize() uses the training part's figures for all" },
      ],
    };
  },
});
