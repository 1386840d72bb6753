import type { Evidence } from "../evidence/evidence.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { percent } from "../words.ts";

export const labelNoise = defineRule({
  name: "label-noise",
  title: "many labels look wrong",
  summary:
    "Among training examples in places where the neighbours agree best, the share with another label than theirs: over 6 %, and over 4 % at the lower end of its 90 % interval. Classes that merely overlap have places where they do not. Or neither neighbours nor the network beat the most frequent class by three standard errors.",
  why: "Wrong labels are a floor under the loss; a network that goes below it learns them by heart, and its figures on equally wrong validation labels cannot reach 100 %.",
  paper: "Northcutt, Jiang & Chuang 2021, Confident Learning, arXiv:1911.00068",
  explains: [
    "overfitting",
    "underfitting",
    "plateau",
    "noisy-validation",
    "loss-metric-divergence",
    "rate-too-low",
    "ill-conditioned",
    "loss-spike",
  ],
  judge: (evidence): Verdict | null => {
    const { neighbours, labels } = evidence.data;
    if (!neighbours || !labels) return null;
    const random = unrelated(evidence);
    if (random) return random;
    const { odd, clear, clearShare } = neighbours;
    const error = Math.sqrt((odd * (1 - odd)) / clear);
    if (clearShare < 0.5 || odd < 0.06 || odd - 1.64 * error < 0.04) return null;
    return {
      severity: odd > 0.2 ? "error" : "warning",
      saw: `where ${neighbours.neighbours} neighbours agree best (${percent(clearShare)} of them on one label), ${percent(odd)} of ${clear} examples have another label; about ${percent(odd)} of all labels may be wrong`,
      tries: [
        { text: "look at the examples with the largest loss, with exp.lossReport() or by hand, and mend their labels" },
        { text: "soften the targets: loss.crossEntropy({ labelSmoothing: 0.1 })" },
        { text: "stop before the network learns the wrong labels: fit({ earlyStopping: { patience: 5 } })" },
        { text: "make it smaller or add dropout and weight decay, so that single examples cannot be remembered" },
      ],
    };
  },
});

/** Standard errors that must lie between the share of the most frequent class and 100 %, for a vote to show what it knows. */
const ROOM = 10;

/** Labels that neither neighbours nor the trained network can tell from chance. */
function unrelated({ data: { neighbours, labels }, ran }: Evidence): Verdict | null {
  const valid = ran?.outcome.valid;
  if (!neighbours || !labels || !valid || valid.score === null || neighbours.asked < 100) return null;
  const chance = labels.most.share;
  const error = Math.sqrt((chance * (1 - chance)) / neighbours.asked);
  // where nearly all are of one class a vote cannot do much better than that class
  if (1 - chance < ROOM * error) return null;
  if (neighbours.accuracy > chance + 3 * error || valid.score > chance + 3 * (valid.scoreError ?? 0)) return null;
  return {
    severity: "error",
    title: "the labels have nothing to do with the features",
    saw: `the vote of ${neighbours.neighbours} neighbours is right for ${percent(neighbours.accuracy)} of the training examples and the network for ${percent(valid.score)} of the validation examples; always saying ${labels.most.label} would be for ${percent(chance)}`,
    tries: [
      { text: "check that labels and features belong together: a file that was sorted or shuffled on its own?" },
      { text: "check the target column" },
    ],
  };
}
