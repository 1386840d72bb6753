import { defineRule, type Verdict } from "../rule.ts";
import { percent } from "../words.ts";

export const unshuffledLabels = defineRule({
  name: "unshuffled-labels",
  title: "the examples come sorted by class",
  summary: "shuffle: false, and neighbouring examples share a label halfway or more from chance to always.",
  why: "Batches of one class pull the weights towards it and away from all others, in turn: the loss swings, and what was learnt of the first class is gone by the last.",
  explains: [
    "noisy-validation",
    "loss-spike",
    "rate-too-high",
    "plateau",
    "underfitting",
    "overfitting",
    "diverging",
    "loss-metric-divergence",
    "ill-conditioned",
    "class-imbalance",
    "batch-norm-gap",
  ],
  judge: ({ experiment, data: { labels } }): Verdict | null => {
    if (!labels || experiment.options.shuffle) return null;
    const { runs, chance } = labels;
    if (runs < chance + 0.5 * (1 - chance) || labels.counts.length < 2) return null;
    return {
      severity: "error",
      saw: `${percent(runs)} of neighbouring training examples have the same label, ${percent(chance)} would by chance, and shuffle is false`,
      tries: [
        { text: "leave shuffle: false out: every epoch then has an order of its own" },
        { text: "or draw the parts: data.split({ ... }) mixes the rows" },
      ],
    };
  },
});
