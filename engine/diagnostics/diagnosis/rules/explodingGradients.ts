import { flow } from "../flow.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { inspectInitialization, num } from "../words.ts";

/** Growth by which initialization has gone wrong, over all layers: kaiming's and xavier's keep within a few times. */
const GROWTH = 100;

export const explodingGradients = defineRule({
  name: "exploding-gradients",
  title: "signals explode with depth",
  summary:
    "Before training, over three layers of weights or more: outputs or gradients grow over 100-fold from one end to the other, or are no longer finite.",
  why: "Each layer multiplies what it gets; above 1 this grows exponentially with depth. The first steps are then huge and throw the weights far away.",
  paper:
    "He, Zhang, Ren & Sun 2015, Delving Deep into Rectifiers, arXiv:1502.01852; Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063",
  explains: [
    "bad-initial-loss",
    "rate-too-high",
    "diverging",
    "dead-relu",
    "saturated-units",
    "clipped-too-often",
    "loss-spike",
    "plateau",
    "underfitting",
    "ill-conditioned",
    "overfitting",
    "loss-metric-divergence",
    "class-imbalance",
    "noisy-validation",
  ],
  judge: ({ initial }): Verdict | null => {
    const through = flow(initial);
    if (!through) return null;
    const { first, last, forward, backward, layers } = through;
    const infinite = initial.layers.find(({ nonFinite }) => nonFinite > 0);
    if (!infinite && !(forward > GROWTH) && !(backward > GROWTH)) return null;
    const saw = infinite
      ? `before the first step the output of layer ${infinite.path} (${infinite.type}) is no longer finite`
      : forward > GROWTH
        ? `before the first step outputs grow from a deviation of ${num(first.std)} in layer ${first.path} to ${num(last.std)} in layer ${last.path}, ${num(forward ** (1 / (layers - 1)))} times in each of ${layers} layers`
        : `before the first step gradients grow from ${num(last.gradient)} at layer ${last.path} to ${num(first.gradient)} at layer ${first.path}, ${num(backward)} times over ${layers} layers`;
    return {
      severity: "error",
      saw,
      tries: [
        { text: "draw smaller weights: weight: init.kaimingNormal() before ReLU, init.xavierNormal() before tanh" },
        { text: "put nn.batchNorm() behind each layer of weights" },
        { text: "clip gradients: clip: { norm: 1 }" },
        inspectInitialization,
      ],
      where: { layers: [first.path, last.path] },
    };
  },
});
