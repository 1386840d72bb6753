import type { WeightFacts } from "../evidence/probe.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { layersText, num } from "../words.ts";

/** Half of a layer's units or more. */
const MANY = 0.5;

const alike = ({ twins, units }: WeightFacts): boolean => units >= 2 && twins / units >= MANY;

export const symmetricWeights = defineRule({
  name: "symmetric-weights",
  title: "units start with the same weights",
  summary:
    "Half of a hidden layer's units or more have the weights of another unit to a thousandth, get its gradient too or none at all. It is an error where they are still alike after training, else a warning: biases or dropout told them apart later.",
  why: "Units with the same weights compute the same and get the same gradient, so they stay copies of one unit however long one trains; with weights of 0 nothing reaches the layers below at all.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4",
  explains: [
    "dead-relu",
    "vanishing-gradients",
    "exploding-gradients",
    "saturated-units",
    "plateau",
    "underfitting",
    "bad-initial-loss",
    "rate-too-low",
    "rate-too-high",
    "ill-conditioned",
    "diverging",
    "class-imbalance",
    "input-scale",
    "loss-spike",
  ],
  judge: ({ initial, ran }): Verdict | null => {
    // the last layer's units are told apart by their targets
    const hidden = initial.weights.slice(0, -1).filter((w) => alike(w));
    const stuck = hidden.filter(
      ({ gradientTwins, gradientNorm, units }) => gradientNorm === 0 || gradientTwins / units >= MANY,
    );
    const [worst] = stuck;
    if (!worst) return null;
    const still = ran === null || stuck.some(({ name }) => ran.final.weights.some((w) => w.name === name && alike(w)));
    const zero = worst.norm === 0;
    const after = ran && still ? ` and after ${ran.run.steps} steps they still have` : "";
    return {
      severity: still ? "error" : "warning",
      saw: `${worst.twins} of the ${worst.units} units of ${worst.name} have ${zero ? "weights of 0" : "the weights of another unit"}${zero ? "" : after}${
        worst.gradientNorm === 0
          ? "; its gradient is exactly 0"
          : `; their gradients (norm ${num(worst.gradientNorm)}) are the same too`
      }${stuck.length > 1 ? `; so it is in ${layersText(stuck.map(({ path }) => path))}` : ""}`,
      tries: [
        {
          text: "draw the weights at random: leave the weight option out, or weight: init.kaimingNormal() before ReLU, init.xavierNormal() before tanh",
        },
        { text: "zeros are fine for biases and for the last layer only" },
      ],
      where: { layers: stuck.map(({ path }) => path) },
    };
  },
});
