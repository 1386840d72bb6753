import { defineRule } from "../rule.ts";
import { percent } from "../words.ts";

export const labelNoise = defineRule({
  name: "label-noise",
  title: "many labels look wrong",
  summary:
    "Among training examples in places where the neighbours agree best, the share with another label than theirs: over 6 %, and over 4 % at the lower end of its 90 % interval. Classes that merely overlap have places where they do not.",
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
  judge: ({ data: { neighbours, labels } }) => {
    if (!neighbours || !labels) return null;
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
