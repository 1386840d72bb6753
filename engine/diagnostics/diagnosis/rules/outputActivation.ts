import type { Layer } from "../../../nn/index.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { failed } from "../standing.ts";
import { num, percent } from "../words.ts";

/** What comes out of an activation whatever goes in. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  softmax: [0, 1],
  softmin: [0, 1],
  sigmoid: [0, 1],
  hardsigmoid: [0, 1],
  tanh: [-1, 1],
  hardtanh: [-1, 1],
  softsign: [-1, 1],
  relu: [0, Number.POSITIVE_INFINITY],
  relu6: [0, 6],
  softplus: [0, Number.POSITIVE_INFINITY],
  logSigmoid: [Number.NEGATIVE_INFINITY, 0],
};
/** Share of the targets that may lie outside. */
const OUTSIDE = 0.01;

export const outputActivation = defineRule({
  name: "output-activation",
  title: "the last layer does not fit the loss",
  summary:
    "A softmax, sigmoid, tanh, ReLU or the like as the last layer before a cross entropy, which takes scores of any size; a likelihood loss without logSoftmax or sigmoid before it; or, for values, a last activation whose range over 1 % of the targets lie outside of.",
  why: "The loss asks for outputs that this layer cannot give: it keeps a floor that no training gets under, and near the ends of the range almost no gradient comes back.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
  explains: [
    "underfitting",
    "plateau",
    "rate-too-low",
    "rate-too-high",
    "saturated-units",
    "dead-relu",
    "vanishing-gradients",
    "bad-initial-loss",
    "ill-conditioned",
    "class-imbalance",
    "loss-metric-divergence",
    "target-scale",
  ],
  judge: (evidence): Verdict | null => {
    const { config, splits } = evidence.experiment;
    const last = lastOf(config.model.layer);
    if (!last) return null;
    const { type, definition, options } = config.loss;
    const classes = (config.model.declaration.outputShape[1] ?? 2) as number;
    const found = {
      logProbabilities: () => ofLogs(type, last.type),
      probabilities: () => ofProbabilities(type, last.type),
      scores: () => (YES_OR_NO.includes(type) ? ofYesNo(type, last.type) : ofScores(type, last.type, classes)),
      values: () => ofValues(last.type, splits.train.y.data),
      embeddings: () => null,
    }[definition.gives(options)]();
    if (!found) return null;
    const { certain, ...verdict } = found;
    const error = evidence.ran ? failed(evidence) : certain;
    return { severity: error ? "error" : "warning", ...verdict };
  },
});

/** What is wrong, and whether it keeps the loss up for certain. */
type Found = Pick<Verdict, "title" | "saw" | "tries"> & { readonly certain: boolean };

function ofLogs(loss: string, type: string): Found | null {
  if (type === "logSoftmax") return null;
  const scores = { text: "take loss.crossEntropy() on the plain scores of the last linear layer" };
  return {
    certain: true,
    title: `loss.${loss}() without logarithms of probabilities`,
    saw: `the last layer is ${type}; loss.${loss}() takes what nn.logSoftmax() gives`,
    tries: loss === "nll" ? [scores, { text: "or end in nn.logSoftmax()" }] : [{ text: "end in nn.logSoftmax()" }],
  };
}

/** Layers that give probabilities. */
const PROBABILITIES: readonly string[] = ["sigmoid", "softmax", "hardsigmoid"];

function ofProbabilities(loss: string, type: string): Found | null {
  if (PROBABILITIES.includes(type)) return null;
  return {
    certain: true,
    title: `loss.${loss}() without probabilities`,
    saw: `the last layer is ${type}; loss.${loss}() takes what nn.sigmoid() gives, and an output outside [0, 1] has no logarithm`,
    tries: [
      { text: "take loss.bceWithLogits() on the plain scores of the last linear layer" },
      { text: "or end in nn.sigmoid()" },
    ],
  };
}

/** Losses that apply a sigmoid of their own. */
const YES_OR_NO: readonly string[] = ["bceWithLogits", "focal", "multiLabelSoftMargin"];

function ofYesNo(loss: string, type: string): Found | null {
  const range = RANGES[type];
  if (!range) return null;
  const [low, high] = range;
  const floor = Math.max(Math.log1p(Math.exp(-high)), Math.log1p(Math.exp(low)));
  return {
    certain: floor > 0,
    title: `${type} before ${loss}`,
    saw: `the last layer is ${type}, with outputs from ${num(low)} to ${num(high)}; loss.${loss}() applies a sigmoid of its own${
      floor > 0 && loss !== "focal" ? `: a yes or a no costs at least ${num(floor)}, however sure the network is` : ""
    }`,
    tries: [
      { text: `leave the last nn.${type}() out: loss.${loss}() takes plain scores` },
      ...(type === "sigmoid" && loss === "bceWithLogits" ? [{ text: "or take loss.bce() on its probabilities" }] : []),
    ],
  };
}

function ofScores(loss: string, type: string, classes: number): Found | null {
  const range = RANGES[type];
  if (loss !== "crossEntropy" || !range) return null;
  const [low, high] = range;
  // the right class at the top of the range and all others at its bottom; of a softmax the same, as 1 and 0
  const floor = Math.log1p((classes - 1) * Math.exp(low - high));
  return {
    certain: floor > 0,
    title: `${type} before cross entropy`,
    saw: `the last layer is ${type}, with outputs from ${num(low)} to ${num(high)}; loss.crossEntropy() applies a softmax of its own${
      floor > 0
        ? `: the loss cannot fall below ${num(floor)}, however sure the network is`
        : ", and scores below 0 cannot be said"
    }`,
    tries: [{ text: `leave the last nn.${type}() out: loss.crossEntropy() takes plain scores` }],
  };
}

function ofValues(type: string, targets: ArrayLike<number>): Found | null {
  const range = RANGES[type];
  if (!range) return null;
  const outside = Array.from(targets).filter((v) => v < range[0] || v > range[1]).length / targets.length;
  if (outside <= OUTSIDE) return null;
  return {
    certain: true,
    title: `${type} at the end cannot reach the targets`,
    saw: `the last layer is ${type}, with outputs from ${num(range[0])} to ${num(range[1])}; ${percent(outside)} of the targets lie outside`,
    tries: [{ text: `leave the last nn.${type}() out` }, { text: "or scale the targets into its range" }],
  };
}

/** The layer whose output is the model's; null where a function of the user's puts it together. */
function lastOf(layer: Pick<Layer, "type" | "options">): Pick<Layer, "type" | "options"> | null {
  if (layer.type !== "sequential") return layer.type === "module" ? null : layer;
  const inner = Object.values((layer.options.layers ?? {}) as Record<string, Layer>).filter(
    ({ type }) => !SHAPES.includes(type),
  );
  const last = inner.at(-1);
  return last ? lastOf(last) : null;
}

/** Layers that hand values on as they are. */
const SHAPES: readonly string[] = ["flatten", "identity", "dropout"];
