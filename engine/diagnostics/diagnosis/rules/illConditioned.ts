import { defineRule, type Verdict } from "../rule.ts";
import { learned, wholeRun } from "../standing.ts";
import { num } from "../words.ts";
import { betterLower } from "./rateTooHigh.ts";

export const illConditioned = defineRule({
  name: "ill-conditioned",
  title: "the loss is ill-conditioned",
  summary:
    "Plain gradient descent that did not come to what a simple method reaches, at a rate that neither a lower nor a higher one beats, while curvature eats the gain of each step: e g'Hg / 2 above half of g'g.",
  why: "The loss is steep in some directions and flat in others. The rate is bounded by the steep ones, and along the flat ones nothing moves.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.2.1",
  explains: ["plateau", "underfitting"],
  judge: (evidence): Verdict | null => {
    const { ran, experiment, initial } = evidence;
    if (!ran?.curvature || !ran.curve || experiment.config.optimizer.type !== "sgd" || learned(evidence) !== false)
      return null;
    const { gg, gHg } = ran.curvature;
    const ratio = (0.5 * ran.lr * gHg) / gg;
    if (!(ratio > 0.5) || betterLower(evidence)) return null;
    const higher = ran.trials.higher.some((t) => t.finite && t.end < 0.9 * (ran.curve?.end ?? 0));
    if (higher || ran.curve.end > initial.loss) return null;
    return {
      severity: "warning",
      saw: `a step of ${num(ran.lr)} should lower the loss by e g'g = ${num(ran.lr * gg)}; curvature takes ${num(0.5 * ran.lr ** 2 * gHg)} of that back (g'Hg / g'g = ${num(gHg / gg)})`,
      tries: [
        { text: "take an optimizer that scales each direction: optim.adamw({ lr: 1e-3 })" },
        { text: "or momentum: optim.sgd({ lr, momentum: 0.9 })" },
        { text: 'scale the inputs, normalize("standardize"), and put nn.batchNorm() into deep nets' },
      ],
      where: wholeRun(evidence),
    };
  },
});
