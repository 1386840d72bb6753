import { defineRule, type Verdict } from "../rule.ts";
import { inspectInitialization, num } from "../words.ts";

/** Times the loss that is expected; outputs that vary as much as the targets double it without harm. */
const CLASSES = 2;
const VALUES = 4;

export const badInitialLoss = defineRule({
  name: "bad-initial-loss",
  title: "the loss before training is too high",
  summary:
    "The loss at the first weights is over twice that of a network that knows nothing (ln C for cross entropy), four times for values. With one layer of weights only as long as the loss has not come down. Scores of deviation 1 add 0.5 to ln C; twice ln 10 takes a deviation above 2.",
  why: "The network begins sure of wrong answers: the first steps are spent on taking the last layer's scores back, with gradients that are large for no good reason.",
  paper: "Karpathy 2019, A Recipe for Training Neural Networks: verify loss at init",
  explains: ["loss-spike", "clipped-too-often"],
  judge: ({ initial, expected, experiment, ran }): Verdict | null => {
    const regression = experiment.splits.train.task === "regression";
    if (!(expected.value > 0) || !(initial.loss > (regression ? VALUES : CLASSES) * expected.value)) return null;
    // with one layer of weights the loss is convex: where it began no longer matters once it is down
    const layers = initial.layers.filter(({ kind }) => kind === "weights").length;
    if (layers < 2 && ran?.curve && ran.curve.end < expected.value) return null;
    return {
      severity: initial.loss > 5 * expected.value ? "error" : "warning",
      // so far off that no rate was made for it
      ...(initial.loss > 10 * expected.value
        ? {
            explains: ["loss-spike", "clipped-too-often", "rate-too-high", "dead-relu", "diverging", "saturated-units"],
          }
        : {}),
      saw: `the loss at the first weights is ${num(initial.loss)}; from ${expected.from} it would be ${num(expected.value)}`,
      tries: [
        { text: "draw the last layer smaller: leave its weight option out, or weight: init.normal({ std: 0.01 })" },
        {
          text: regression
            ? "scale the targets to deviation 1, and the inputs"
            : 'scale the inputs: normalize("standardize")',
        },
        { text: "end in plain scores: no activation before loss.crossEntropy()" },
        inspectInitialization,
      ],
    };
  },
});
