import { flow } from "../flow.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { failed, learned } from "../standing.ts";
import { inspectInitialization, num } from "../words.ts";

/** What is left at the first layer of the gradient at the last. */
const LEFT = 1e-3;
/** So little that no rate of the usual ones moves the first layer. */
const NOTHING = 1e-6;

export const vanishingGradients = defineRule({
  name: "vanishing-gradients",
  title: "gradients vanish with depth",
  summary:
    "Over three layers of weights or more, before training, less than a thousandth of the gradient at the last layer's outputs is left at the first's and training did not succeed, or less than a millionth. Eight layers with PyTorch's initial weights keep a few thousandths.",
  why: "Each layer multiplies the gradient by its weights and slopes (at most 1/4 for sigmoid); below 1 this shrinks exponentially with depth, and the first layers do not learn.",
  paper:
    "Hochreiter 1991; Glorot & Bengio 2010, Understanding the Difficulty of Training Deep Feedforward Neural Networks",
  explains: [
    "plateau",
    "underfitting",
    "rate-too-low",
    "ill-conditioned",
    "dead-relu",
    "class-imbalance",
    "rate-too-high",
    "saturated-units",
  ],
  judge: (evidence): Verdict | null => {
    const { initial, ran } = evidence;
    const through = flow(initial);
    if (!through) return null;
    const { first, last, layers, backward } = through;
    if (!(last.gradient > 0) || !(backward < LEFT)) return null;
    if (ran && learned(evidence) === true && backward > NOTHING) return null;
    if (ran && learned(evidence) === null && !failed(evidence) && backward > NOTHING) return null;
    const names = new Set(initial.layers.map(({ type }) => type));
    const squashing = names.has("sigmoid") || names.has("tanh");
    const factor =
      backward > 0
        ? `, ${num(backward ** (1 / (layers - 1)))} times in each of ${layers} layers`
        : ` over ${layers} layers`;
    return {
      severity: failed(evidence) || !ran ? "error" : "warning",
      saw: `before the first step the gradient at layer ${first.path} is ${num(first.gradient)}, at layer ${last.path} ${num(last.gradient)}: ${backward > 0 ? `it shrinks to ${num(backward)} of it${factor}` : `nothing of it is left${factor}`}`,
      tries: [
        squashing
          ? { text: "take nn.relu() with weight: init.kaimingNormal() in place of the squashing activations" }
          : { text: "draw weights that keep the size of signals: weight: init.kaimingNormal() before ReLU" },
        { text: "put nn.batchNorm() behind each layer of weights" },
        { text: "add skip connections: nn.module({ inner }, ({ inner }, x) => x.add(inner(x)))" },
        { text: `take fewer layers than ${layers}` },
        inspectInitialization,
      ],
      where: { layers: [first.path, last.path] },
    };
  },
});
