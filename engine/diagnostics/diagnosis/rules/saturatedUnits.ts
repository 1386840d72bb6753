import { defineRule, type Verdict } from "../rule.ts";
import { failed, learned } from "../standing.ts";
import { inspectInitialization, layersText, percent } from "../words.ts";

const AT_FIRST = 0.5;
const AT_LAST = 0.8;

export const saturatedUnits = defineRule({
  name: "saturated-units",
  title: "units are saturated",
  summary:
    "Outputs in the flat parts of sigmoid and tanh, where the slope is below a tenth of its largest: over half of a layer before training (inputs of deviation 1 leave 7 % there), or over 80 % after a training that did not succeed.",
  why: "Where the function is flat almost no gradient comes back through it, so what lies below learns next to nothing.",
  paper: "Glorot & Bengio 2010, Understanding the Difficulty of Training Deep Feedforward Neural Networks",
  explains: [
    "vanishing-gradients",
    "exploding-gradients",
    "plateau",
    "underfitting",
    "rate-too-low",
    "bad-initial-loss",
    "ill-conditioned",
    "class-imbalance",
  ],
  judge: (evidence): Verdict | null => {
    const { initial, ran } = evidence;
    const over = (layers: typeof initial.layers, limit: number) =>
      layers
        .filter(({ saturated }) => (saturated ?? 0) > limit)
        .sort((a, b) => (b.saturated ?? 0) - (a.saturated ?? 0));
    const first = over(initial.layers, AT_FIRST);
    const last = ran && failed(evidence) ? over(ran.final.layers, AT_LAST) : [];
    const [worst] = first.length > 0 ? first : last;
    if (!worst) return null;
    const squashing = initial.layers.filter(({ saturated }) => saturated !== null).length;
    const layers = (first.length > 0 ? first : last).map(({ path }) => path);
    return {
      severity: first.length > 0 && learned(evidence) === true ? "warning" : "error",
      title: first.length > 0 ? "units are saturated from the start" : "units were driven into saturation",
      saw: `${percent(worst.saturated as number)} of the outputs of layer ${worst.path} (${worst.type}) lie in its flat parts ${first.length > 0 ? "before the first step" : "after training"}${layers.length > 1 ? `; ${layersText(layers)} are concerned` : ""}`,
      tries:
        first.length > 0
          ? [
              {
                text: "draw smaller weights, made for this activation: weight: init.xavierNormal(); leave large biases out",
              },
              { text: 'scale the inputs: normalize("standardize")' },
              { text: "put nn.batchNorm() before the activation" },
              inspectInitialization,
            ]
          : [
              { text: "lower the learning rate: large steps make weights large" },
              { text: "put nn.batchNorm() before the activation, or take nn.relu()" },
            ],
      where: { layers },
      // a few layers of a deep net are not why its gradients vanish
      ...(layers.length < squashing / 4 ? { explains: ["bad-initial-loss"] } : {}),
    };
  },
});
