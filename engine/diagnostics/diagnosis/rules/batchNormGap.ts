import { defineRule, type Verdict } from "../rule.ts";
import { num } from "../words.ts";

export const batchNormGap = defineRule({
  name: "batch-norm-gap",
  title: "running statistics do not fit the network",
  summary:
    "The loss of the training examples in evaluation mode with the running statistics is over twice that with statistics of 256 of them, and the difference is over a quarter of the loss of a network that knows nothing.",
  why: "In evaluation batch norm uses running averages; where those lag behind the weights or come from odd batches, validation and test figures are worse than the network.",
  paper: 'Wu & Johnson 2021, Rethinking "Batch" in BatchNorm, arXiv:2105.07576, section 3',
  explains: ["overfitting", "underfitting", "noisy-validation", "loss-metric-divergence"],
  judge: ({ ran, expected, experiment, initial }): Verdict | null => {
    if (!ran?.running) return null;
    const { kept, fresh } = ran.running;
    if (!(kept > 2 * fresh) || !(kept - fresh > 0.25 * expected.value)) return null;
    const steps = ran.run.steps;
    return {
      severity: "warning",
      saw: `the training loss in evaluation mode is ${num(kept)} with the running statistics and ${num(fresh)} with fresh ones, after ${steps} steps with batches of ${experiment.options.batchSize}`,
      tries: [
        ...(steps < 50
          ? [{ text: `train longer: ${steps} steps are few for running averages with momentum 0.1` }]
          : []),
        { text: "a larger momentum, nn.batchNorm({ momentum: 0.3 }), or null for the plain average of all batches" },
        { text: "lower the learning rate towards the end with a schedule, so that the statistics can settle" },
      ],
      where: { layers: Object.keys(initial.batchStatistics) },
    };
  },
});
