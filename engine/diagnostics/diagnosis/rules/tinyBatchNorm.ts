import { defineRule, type Verdict } from "../rule.ts";
import { layersText, num, percent } from "../words.ts";

/** Below so many examples a batch's statistics hurt: of images each has many places, of vectors one. */
const VECTORS = 8;
const IMAGES = 4;

export const tinyBatchNorm = defineRule({
  name: "tiny-batch-norm",
  title: "batches are too small for batch norm",
  summary:
    "Batch norm with fewer than 8 vectors or 4 images in a batch: a variance from n values has a relative error of sqrt(2 / (n - 1)), 53 % at 8 and 141 % at 2.",
  why: "Mean and variance of so few examples are mostly chance: every example is scaled by its neighbours in the batch, and in evaluation, where running averages take their place, the network is another one.",
  paper: "Wu & He 2018, Group Normalization, arXiv:1803.08494, figure 1",
  explains: [
    "batch-norm-gap",
    "noisy-validation",
    "underfitting",
    "overfitting",
    "loss-metric-divergence",
    "loss-spike",
    "plateau",
    "rate-too-high",
    "rate-too-low",
    "ill-conditioned",
    "diverging",
    "saturated-units",
    "class-imbalance",
  ],
  judge: ({ experiment, ran }): Verdict | null => {
    const { batchSize } = experiment.options;
    const norms = experiment.config.model.declaration.layers.filter(({ type }) => type === "batchNorm");
    const small = norms.filter(({ outputShape }) => batchSize < (outputShape.length > 2 ? IMAGES : VECTORS));
    if (small.length === 0) return null;
    const gap = ran?.running
      ? `; in evaluation the training loss is ${num(ran.running.kept)} with the running statistics and ${num(ran.running.fresh)} with fresh ones`
      : "";
    return {
      severity: batchSize <= 3 ? "error" : "warning",
      saw: `${layersText(small.map(({ path }) => path))} normalize over batches of ${batchSize}: a variance of ${batchSize} values is off by ${percent(Math.sqrt(2 / Math.max(1, batchSize - 1)))}${gap}`,
      tries: [
        { text: "take larger batches: batchSize: 32, with a learning rate that is larger to match" },
        { text: "leave batch norm out, and start from weight: init.kaimingNormal() with a smaller learning rate" },
      ],
      where: { layers: small.map(({ path }) => path) },
    };
  },
});
