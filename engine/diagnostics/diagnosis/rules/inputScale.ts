import { oddScale } from "../evidence/evidence.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { num } from "../words.ts";

export const inputScale = defineRule({
  name: "input-scale",
  title: "the inputs are badly scaled",
  summary:
    "Features far from deviation 1 (root mean square above 10 or below 0.1) or of scales that differ over 30-fold, and a short training on standardized features (at the same rate, 10 or 100 times it) that ends below 70 % of the run and below all of those on the features as they are, or that begins at a fifth of a first loss over five times that of a network that knows nothing. Without a run: over 100-fold, or a root mean square above 50.",
  why: "Initial weights and rates are made for inputs near deviation 1: large features swamp the others, saturate or kill units, and make the loss steep in some directions and flat in others, so that no one rate fits.",
  paper: "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.3",
  explains: [
    "rate-too-high",
    "rate-too-low",
    "diverging",
    "dead-relu",
    "saturated-units",
    "exploding-gradients",
    "vanishing-gradients",
    "bad-initial-loss",
    "ill-conditioned",
    "plateau",
    "underfitting",
    "loss-spike",
    "clipped-too-often",
    "noisy-validation",
    "class-imbalance",
    "overfitting",
    "loss-metric-divergence",
  ],
  judge: ({ data: { features }, ran, initial, expected }): Verdict | null => {
    const { rms, ratio, widest, narrowest } = features;
    if (!oddScale(features)) return null;
    const scales = [
      ...(rms > 10 || rms < 0.1
        ? [`values have a root mean square of ${num(rms)}, from ${num(features.min)} to ${num(features.max)}`]
        : []),
      ...(ratio > 30 ? [`the deviation of ${widest} is ${num(ratio)} times that of ${narrowest}`] : []),
    ].join("; ");
    const tries = [
      { text: 'scale every feature by the training part: data.split({ ... }).normalize("standardize")' },
      { text: "or put nn.batchNorm() in front of the first layer" },
    ];
    if (!ran) return ratio > 100 || rms > 50 ? { severity: "warning", saw: scales, tries } : null;
    const { standardized } = ran.trials;
    if (!standardized?.finite) return null;
    const reached = ran.run.stopped === "non-finite" || !ran.curve ? Number.POSITIVE_INFINITY : ran.curve.end;
    const moves = standardized.end < 0.95 * Math.max(expected.value, standardized.loss[0] as number);
    const raw = [...ran.trials.lower, ...ran.trials.higher].filter((t) => t.finite).map((t) => t.end);
    const helps = standardized.end < Math.min(0.7 * reached, 0.7 * initial.loss, 0.9 * Math.min(...raw));
    // or it was thrown far off before the first step
    const [first = Number.POSITIVE_INFINITY] = standardized.loss;
    const begins = initial.loss > 5 * expected.value && first < initial.loss / 5;
    if (!(moves && helps) && !begins) return null;
    const was = Number.isFinite(reached) ? `the run came to ${num(reached)}` : "the run broke off";
    return {
      severity: moves && helps ? "error" : "warning",
      saw:
        begins && !(moves && helps)
          ? `${scales}; the loss begins at ${num(initial.loss)}, with standardized features at ${num(first)}`
          : `${scales}; the same net with standardized features comes to a loss of ${num(standardized.end)} in ${standardized.steps} steps at ${standardized.factor === 1 ? "the same rate" : `a rate of ${num(ran.lr * standardized.factor)}`}, ${was}`,
      tries,
      ...(ran.curve ? { where: { steps: [ran.curve.steps[0] as number, ran.curve.steps.at(-1) as number] } } : {}),
    };
  },
});
