import type { Finding } from "../../protocol/index.ts";
import type { Evidence } from "../diagnosis/evidence/evidence.ts";
import type { LayerFacts } from "../diagnosis/evidence/probe.ts";
import type { Rule } from "../diagnosis/rule.ts";
import { badValues } from "../diagnosis/rules/badValues.ts";
import { deadRelu } from "../diagnosis/rules/deadRelu.ts";
import { differentParts } from "../diagnosis/rules/differentParts.ts";
import { labelNoise } from "../diagnosis/rules/labelNoise.ts";
import { leakage } from "../diagnosis/rules/leakage.ts";
import { outputActivation } from "../diagnosis/rules/outputActivation.ts";
import { saturatedUnits } from "../diagnosis/rules/saturatedUnits.ts";
import { symmetricWeights } from "../diagnosis/rules/symmetricWeights.ts";
import { tinyBatchNorm } from "../diagnosis/rules/tinyBatchNorm.ts";
import { unshuffledLabels } from "../diagnosis/rules/unshuffledLabels.ts";
import { num, percent } from "../diagnosis/words.ts";

/** A line of the table, from evidence before training. */
export type Check = (evidence: Evidence) => Finding;

const pass = (rule: string, title: string, saw: string): Finding => ({
  rule,
  severity: "pass",
  title,
  saw,
  why: "",
  tries: [],
});

/** A rule of the diagnosis as a check; `sound` is its line when it does not apply. */
const from = (rule: Rule, sound: (evidence: Evidence) => { title: string; saw: string }): Check => {
  return (evidence) => {
    const verdict = rule.judge(evidence);
    if (verdict) {
      const { severity, title = rule.title, saw, tries } = verdict;
      return {
        rule: rule.name,
        severity,
        title,
        saw,
        why: rule.why,
        tries,
        ...(rule.paper ? { paper: rule.paper } : {}),
      };
    }
    const { title, saw } = sound(evidence);
    return pass(rule.name, title, saw);
  };
};

/** Cross entropy of random weights is within 10 % of ln C; a larger spread of the scores adds half its variance. */
const INITIAL = 0.1;

const initialLoss: Check = ({ initial, expected, experiment }) => {
  const off = initial.loss / expected.value - 1;
  const saw = `${num(initial.loss)} over ${initial.examples} examples; ${num(expected.value)} from ${expected.from} (${off > 1 ? `${num(off + 1)} times that` : `${off >= 0 ? "+" : ""}${percent(off)}`})`;
  const rule = "initial-loss";
  if (experiment.splits.train.task === "regression") {
    const { y } = experiment.splits.train;
    const mean = Array.from(y.data).reduce((a, b) => a + b, 0) / y.size;
    const offset = mean ** 2 / expected.value;
    const far = experiment.config.loss.type === "mse" && offset > 0.5;
    if (off > 3) return fault(rule, "warning", "the loss before training is too high", saw);
    return far
      ? {
          rule,
          severity: "info",
          title: "the targets are far from 0",
          saw: `${saw}; ${percent(offset)} of it is the mean of the targets, ${num(mean)}`,
          why: "The first steps only move the output to the mean of the targets.",
          tries: [
            { text: "take the mean off the targets, and divide them by their deviation" },
            { text: `or start the last bias there: nn.linear(1, { bias: init.constant(${num(mean)}) })` },
          ],
        }
      : pass(rule, "the loss before training is as expected", saw);
  }
  if (Math.abs(off) <= INITIAL) return pass(rule, "the loss before training is as expected", saw);
  if (off < 0) {
    return {
      rule,
      severity: "info",
      title: "the loss before training is below chance",
      saw,
      why: "Random weights know nothing: a lower loss means that classes are unequal, or that the target reaches the input.",
      tries: [{ text: "look at the balance of the classes, and for a feature that gives the label away" }],
    };
  }
  return fault(
    rule,
    off > 1 ? "warning" : "info",
    off > 1
      ? `the loss before training is ${num(off + 1)} times too high`
      : `the loss before training is ${percent(off)} too high`,
    saw,
  );
};

const fault = (rule: string, severity: "warning" | "info", title: string, saw: string): Finding => ({
  rule,
  severity,
  title,
  saw,
  why: "The network begins sure of wrong answers, and spends its first steps on taking them back.",
  tries: [
    { text: "draw the last layer smaller: leave its weight option out, or weight: init.normal({ std: 0.01 })" },
    { text: 'scale the inputs: normalize("standardize")' },
    { text: "end in plain scores: no activation before the loss" },
  ],
  paper: "Karpathy 2019, A Recipe for Training Neural Networks: verify loss at init",
});

/** What is just right, and what one can live with: deviations of outputs, and gradients over the last layer's. */
const OUTPUTS = { green: [0.03, 3], amber: [0.01, 30] } as const;
const GRADES = { red: "far off", amber: "somewhat off", green: "in range" } as const;
const GRADIENTS = { green: [1e-2, 30], amber: [1e-3, 100] } as const;

function signal(
  rule: string,
  what: string,
  of: (layer: LayerFacts) => number,
  limits: typeof OUTPUTS | typeof GRADIENTS,
): Check {
  return ({ initial }) => {
    const layers = initial.layers.filter(({ kind }) => kind === "weights");
    const values = layers.map(of);
    const unit = limits === GRADIENTS ? (values.at(-1) ?? 1) : 1;
    const colour = (v: number): "green" | "amber" | "red" => {
      const x = v / unit;
      const within = ([low, high]: readonly [number, number]) => x >= low && x <= high;
      return within(limits.green) ? "green" : within(limits.amber) ? "amber" : "red";
    };
    const told = layers.map((l, i) => ({
      text: `layer ${l.path} ${num(values[i] as number)}`,
      colour: colour(values[i] as number),
    }));
    const those = (wanted: string) => told.filter((t) => t.colour === wanted);
    const saw = (["red", "amber", "green"] as const)
      .flatMap((c) => {
        const some = those(c);
        const more = some.length > 6 ? ` and ${some.length - 6} more` : "";
        return some.length > 0
          ? [
              `${GRADES[c]}: ${some
                .slice(0, 6)
                .map(({ text }) => text)
                .join(", ")}${more}`,
            ]
          : [];
      })
      .join("; ");
    if (those("red").length === 0) {
      return those("amber").length > 0
        ? { ...pass(rule, `${what} are near the right scale`, saw), severity: "info" }
        : pass(rule, `${what} keep their scale through all layers`, saw);
    }
    return {
      rule,
      severity: "warning",
      title: `${what} lose their scale in ${those("red").length} of ${layers.length} layers`,
      saw,
      why: "What shrinks or grows from layer to layer does so exponentially: the first or the last layers then learn nothing, or jump.",
      tries: [
        {
          text: "weights that keep the scale: weight: init.kaimingNormal() before ReLU, init.xavierNormal() before tanh",
        },
        { text: "nn.batchNorm() behind each layer of weights" },
        {
          text: "see all layers: exp.inspect.initialization()",
          action: {
            label: "Inspect the initialization",
            title: "Inserts a cell below that does it",
            do: { kind: "insert-cell", text: "await exp.inspect.initialization()" },
          },
        },
      ],
      paper: "Glorot & Bengio 2010; He, Zhang, Ren & Sun 2015, arXiv:1502.01852",
    };
  };
}

/** Scales that differ so much are worth a word before training. */
const RATIO = 100;

const scales: Check = ({ data: { features } }) => {
  const { rms, ratio, widest, narrowest, min, max } = features;
  const saw = `deviations differ ${num(ratio)}-fold; values from ${num(min)} to ${num(max)}, root mean square ${num(rms)}`;
  if (ratio <= RATIO && rms <= 30 && rms >= 0.03) return pass("input-scale", "the features are scaled alike", saw);
  return {
    rule: "input-scale",
    severity: "warning",
    title: "the features are badly scaled",
    saw: `${saw}; ${widest} is the widest, ${narrowest} the narrowest`,
    why: "Large features swamp the others and make the loss steep in some directions and flat in others, so that no one rate fits.",
    tries: [{ text: 'scale by the training part: data.split({ ... }).normalize("standardize")' }],
    paper: "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.3",
  };
};

const constants: Check = ({ data: { features } }) => {
  const { constant, count } = features;
  const saw = `${constant} of ${count} features have one value in all training examples`;
  if (constant === 0) return pass("constant-features", "every feature varies", `${count} features`);
  return {
    rule: "constant-features",
    severity: constant > count / 2 ? "warning" : "info",
    title: "some features say nothing",
    saw,
    why: "A constant feature is a second bias; it does no harm, unless it is constant by mistake.",
    tries: [{ text: "leave them out, or see whether the column was read as it should" }],
  };
};

const balance: Check = ({ data: { labels }, experiment }) => {
  if (!labels) {
    const { y } = experiment.splits.train;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const v of y.data) [low, high] = [Math.min(low, v), Math.max(high, v)];
    return low === high
      ? {
          rule: "targets",
          severity: "error",
          title: "all targets are the same",
          saw: `every target is ${num(low)}`,
          why: "There is nothing to learn.",
          tries: [{ text: "check the target column" }],
        }
      : pass("targets", "the targets vary", `from ${num(low)} to ${num(high)}`);
  }
  const { counts, absent, most, least } = labels;
  const saw = `${counts.length} classes, from ${percent(least.share)} (${least.label}) to ${percent(most.share)} (${most.label}) of the training examples`;
  if (absent.length === 0 && most.share < 10 * least.share && counts.length > 1)
    return pass("class-balance", "every class has its share", saw);
  if (counts.length - absent.length < 2) {
    return {
      rule: "class-balance",
      severity: "error",
      title: "there is one class only",
      saw,
      why: "There is nothing to tell apart.",
      tries: [{ text: "check the target column and the split" }],
    };
  }
  return {
    rule: "class-balance",
    severity: "warning",
    title:
      absent.length > 0
        ? `${absent.length} class${absent.length > 1 ? "es have" : " has"} no training example`
        : "classes are of very different size",
    saw: absent.length > 0 ? `${saw}; none of class ${absent.slice(0, 5).join(", ")}` : saw,
    why: "What is rare in training costs next to nothing to get wrong, and what is absent cannot be learnt.",
    tries: [
      { text: "split with stratify: true, so that every part has its share" },
      { text: "weight the classes: loss.crossEntropy({ weight: [...] })" },
    ],
  };
};

/** The whole set has mean 0 and deviation 1 in every feature, its training part has not: so near is no chance. */
const CENTRED = 1e-4;

const fittedOnAll: Check = ({ experiment: { splits } }) => {
  const rule = "normalization";
  const sound = pass(
    rule,
    "scaling does not use validation or test examples",
    "the training part is not scaled by statistics of all parts",
  );
  const sets = [splits.train, splits.valid, splits.test].filter((set) => set !== undefined);
  if (sets.length < 2 || splits.train.x.dtype !== "f32") return sound;
  const features = splits.train.x.size / splits.train.size;
  const total = sets.reduce((n, set) => n + set.size, 0);
  let [off, own, looked] = [0, 0, 0];
  for (let f = 0; f < features; f += Math.ceil(features / 64)) {
    let [sum, squares, part] = [0, 0, 0];
    for (const set of sets) {
      for (let i = f; i < set.x.size; i += features) {
        const v = set.x.data[i] as number;
        sum += v / total;
        squares += (v * v) / total;
        if (set === splits.train) part += v / set.size;
      }
    }
    const std = Math.sqrt(Math.max(0, squares - sum * sum));
    if (std < 1e-6) continue;
    looked++;
    off = Math.max(off, Math.abs(sum), Math.abs(std - 1));
    own = Math.max(own, Math.abs(part));
  }
  if (looked === 0 || !(off < CENTRED) || !(own > 10 * CENTRED)) return sound;
  return {
    rule,
    severity: "warning",
    title: "the scaling was fitted to all parts",
    saw: `all parts together have mean 0 and deviation 1 in every feature (to ${num(off)}); the training part's means go up to ${num(own)}`,
    why: "Statistics of validation and test examples then reach training: the figures on them are a little too good.",
    tries: [
      {
        text: 'split first, scale then: data.split({ ... }).normalize("standardize") fits the scaling to the training part',
      },
    ],
  };
};

const batches: Check = (evidence) => {
  const found = from(tinyBatchNorm, () => ({ title: "batches suit the network", saw: "" }))(evidence);
  if (found.severity !== "pass") return found;
  const { batchSize, dropLast } = evidence.experiment.options;
  const { size } = evidence.experiment.splits.train;
  const last = dropLast ? 0 : size % batchSize;
  const normed = evidence.experiment.config.model.declaration.layers.some(({ type }) => type === "batchNorm");
  const saw = `${Math.ceil(size / batchSize)} batches of ${batchSize} in an epoch of ${size} examples${normed ? ", with batch norm" : ""}`;
  if (!normed || last === 0 || last >= 8) return pass("batch-size", "batches suit the network", saw);
  return {
    rule: "batch-size",
    severity: "info",
    title: `the last batch of an epoch has ${last} example${last > 1 ? "s" : ""}`,
    saw: `${saw}; the last has ${last}`,
    why: "Batch norm scales by statistics of so few, and they enter its running averages.",
    tries: [{ text: "leave it out: dropLast: true" }],
  };
};

/** All checks of a preflight that need no training, in the order of the table. */
export const checks: readonly Check[] = [
  from(badValues, ({ data: { features } }) => ({
    title: "all features are finite",
    saw: `values from ${num(features.min)} to ${num(features.max)}`,
  })),
  scales,
  constants,
  balance,
  from(leakage, ({ data }) => ({
    title: "the data does not give the answer away",
    saw: [
      "no feature alone says the target",
      ...data.duplicates.shared.map(
        ({ part, count, of }) => `${count} of ${of} ${part} examples are also training examples`,
      ),
    ].join("; "),
  })),
  fittedOnAll,
  from(differentParts, ({ data: { acrossParts } }) => ({
    title: "validation examples are like training examples",
    saw: acrossParts
      ? `the vote of the nearest training examples is right for ${percent(acrossParts.accuracy)} of ${acrossParts.asked} validation examples`
      : "too few examples, values, or no validation part: not looked at",
  })),
  from(labelNoise, ({ data: { neighbours } }) => ({
    title: "labels agree with their neighbours'",
    saw: neighbours
      ? `where ${neighbours.neighbours} neighbours agree best, ${percent(neighbours.odd)} of ${neighbours.clear} examples have another label`
      : "too few examples, or values: not looked at",
  })),
  from(unshuffledLabels, ({ experiment }) => ({
    title: "examples come in mixed order",
    saw: experiment.options.shuffle ? "shuffle: true" : "shuffle: false, and they are mixed as they lie",
  })),
  batches,
  from(outputActivation, ({ experiment: { config } }) => ({
    title: "the last layer suits the loss",
    saw: `outputs ${JSON.stringify(config.model.declaration.outputShape.slice(1))} for loss.${config.loss.type}()`,
  })),
  initialLoss,
  signal("activations", "outputs", ({ std }) => std, OUTPUTS),
  signal("gradients", "gradients", ({ gradient }) => gradient, GRADIENTS),
  from(deadRelu, ({ initial }) => ({
    title: "no layer of dead units",
    saw: `at most ${percent(Math.max(0, ...initial.layers.map(({ dead }) => dead ?? 0)))} of a layer are 0 for all ${initial.examples} examples`,
  })),
  from(saturatedUnits, ({ initial }) => ({
    title: "no layer is saturated",
    saw: `at most ${percent(Math.max(0, ...initial.layers.map(({ saturated }) => saturated ?? 0)))} of a layer's outputs lie in flat parts`,
  })),
  from(symmetricWeights, ({ initial }) => ({
    title: "no two units start alike",
    saw: `${initial.weights.reduce((n, w) => n + w.units, 0)} units of ${initial.weights.length} weights`,
  })),
];
