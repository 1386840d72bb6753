import { defineRule, type Verdict } from "../rule.ts";
import { validRise } from "../validation.ts";
import { num } from "../words.ts";

export const lossMetricDivergence = defineRule({
  name: "loss-metric-divergence",
  title: "validation loss and metric disagree",
  summary:
    "The validation loss rose from its lowest to twice that (and by three standard errors, or steadily), while the metric is as good at the end as it was then.",
  why: "The loss is only a stand-in for what one wants. Here the network gets surer of its few mistakes: the metric does not mind, the loss does, and an early stopper that watches it stops long before the best metric.",
  paper: "Guo, Pleiss, Sun & Weinberger 2017, On Calibration of Modern Neural Networks, arXiv:1706.04599, section 3",
  judge: (evidence): Verdict | null => {
    const rise = validRise(evidence);
    if (!rise?.metricHeld || rise.end < 2 * rise.lowest) return null;
    return {
      severity: "warning",
      saw: `the validation loss rose from ${num(rise.lowest)} (epoch ${rise.epoch}) to ${num(rise.end)}, while ${rise.metricHeld} went from ${num(rise.metricThen)} to ${num(rise.metricNow)}`,
      tries: [
        {
          text: `choose what counts, and stop by it: fit({ earlyStopping: { monitor: "${rise.metricHeld}" } }); the default monitor is the loss`,
        },
        {
          text: "where probabilities matter: loss.crossEntropy({ labelSmoothing: 0.1 }), weight decay, or stop at the lowest loss",
        },
      ],
      where: { steps: [rise.step, rise.lastStep] },
    };
  },
});
