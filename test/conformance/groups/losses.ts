import { type Loss, losses, together } from "../../../engine/losses/index.ts";
import { concat, mul, reshape, type Tensor } from "../../../engine/ops/index.ts";
import { instance, type Params } from "../../../engine/params/index.ts";
import { type Regularizer, regularize } from "../../../engine/regularize/index.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { optionsOf } from "../torch.ts";
import { inputFor, withGradients } from "./graph.ts";

/** PyTorch's losses in ours, as classes and as functions. */
const NAMES: Readonly<Record<string, string>> = {
  CrossEntropyLoss: "crossEntropy",
  NLLLoss: "nll",
  NLLLoss2d: "nll",
  MSELoss: "mse",
  L1Loss: "mae",
  HuberLoss: "huber",
  SmoothL1Loss: "smoothL1",
  BCEWithLogitsLoss: "bceWithLogits",
  BCELoss: "bce",
  KLDivLoss: "klDiv",
  HingeEmbeddingLoss: "hingeEmbedding",
  MarginRankingLoss: "marginRanking",
  MultiMarginLoss: "multiMargin",
  MultiLabelMarginLoss: "multiLabelMargin",
  SoftMarginLoss: "softMargin",
  MultiLabelSoftMarginLoss: "multiLabelSoftMargin",
  PoissonNLLLoss: "poissonNll",
  GaussianNLLLoss: "gaussianNll",
  CosineEmbeddingLoss: "cosineEmbedding",
  TripletMarginLoss: "tripletMargin",
  sigmoid_focal_loss: "focal",
  SigmoidFocalLoss: "focal",
  FocalLoss: "focal",
  DiceLoss: "dice",
  dice_loss: "dice",
  distillation: "distillation",
  HingeLoss: "hinge",
};

/** `binary_cross_entropy`, `F.huber_loss`: the function of a class. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  binarycrossentropy: "bce",
  binarycrossentropywithlogits: "bceWithLogits",
  bcewithlogits: "bceWithLogits",
  kldiv: "klDiv",
  l1: "mae",
  nll: "nll",
  ce: "crossEntropy",
  softmaxcrossentropy: "crossEntropy",
  knowledgedistillation: "distillation",
};

function nameOf(op: string): string {
  const known = NAMES[op];
  if (known !== undefined) return known;
  const plain = (text: string) => text.toLowerCase().replace(/^.*\.|loss$|[^a-z0-9]|loss(?=\b)/g, "");
  const wanted = plain(op);
  const found =
    FUNCTIONS[wanted] ??
    Object.entries(NAMES).find(([torch]) => plain(torch) === wanted)?.[1] ??
    Object.keys(losses).find((name) => name.toLowerCase() === wanted);
  if (found === undefined) throw new Unsupported(`loss ${op}`);
  return found;
}

/** Inputs of losses of several things of each example, in the order of our parts. */
const PARTS: Readonly<Record<string, readonly RegExp[]>> = {
  marginRanking: [/^(input|x)_?1$/, /^(input|x)_?2$/],
  cosineEmbedding: [/^(input|x)_?1$/, /^(input|x)_?2$/],
  tripletMargin: [/^a(nchor)?$/, /^p(ositive)?$/, /^n(egative)?$/],
};
/** Inputs that are options. */
const WEIGHTS: readonly (readonly [RegExp, string])[] = [
  [/^(class_|rescale_|element_|sample_)?weights?$/, "weight"],
  [/^pos_weights?$/, "posWeight"],
];
/** What a target may be called. */
const TARGETS = /^(targets?|y|labels?|teacher|teacher_logits|y_true|truth)$/;
/** What a config says besides arguments. */
const ABOUT = ["weight", "pos_weight", "note", "notes", "expr", "formula", "size_average", "reduce"];

/** The loss's value and its gradients. The input that is not the target is the model's output, whatever its name. */
export const lossesGroup: Runner = async (c, bench) => {
  if (/penalt/i.test(c.op)) return penalty(c, bench);
  const name = nameOf(c.op);
  const targetName = Object.keys(c.inputs).find((key) => TARGETS.test(key));
  const others = Object.keys(c.inputs).filter(
    (key) => key !== targetName && !key.startsWith("cotangent.") && !WEIGHTS.some(([pattern]) => pattern.test(key)),
  );
  const made = lossOf(c, name);
  const given = Object.fromEntries(others.map((key) => [key, inputFor(key, c.inputs[key] as Numbers)]));
  // "logits multiplied by 100": the gradient is that of the small ones
  const factor = Number(/multiplied by (\d+)/.exec(c.notes ?? "")?.[1] ?? 1);
  const output = mul(outputOf(name, given), factor);
  const target = targetName === undefined ? undefined : inputFor(targetName, c.inputs[targetName] as Numbers);
  if (!target && name !== "tripletMargin") throw new Unsupported(`inputs ${others.join(", ")}`);
  if (name === "nll" && target?.dtype === "f32") throw new Unsupported("targets that are probabilities");
  const plain = rowsOf(name, output, target ?? output);
  const value = made.definition.compute(plain, made.options);
  const shape = c.outputs.y?.shape;
  const wrt = { ...given, ...(target?.dtype === "f32" && targetName !== undefined ? { [targetName]: target } : {}) };
  return withGradients(c, bench, { y: shape && value.rank > 0 ? reshape(value, shape) : value }, wrt);
};

/** The one output of a model that PyTorch's inputs are parts of. */
function outputOf(name: string, given: Readonly<Record<string, Tensor>>): Tensor {
  const keys = Object.keys(given);
  const take = (pattern: RegExp) => {
    const key = keys.find((k) => pattern.test(k));
    if (key === undefined) throw new Unsupported(`inputs ${keys.join(", ")}`);
    return given[key] as Tensor;
  };
  const patterns = PARTS[name];
  if (patterns) return together(patterns.map((pattern) => rows(name, take(pattern))));
  if (name === "gaussianNll") {
    const mean = take(/^(input|mean|mu|pred|x)$/);
    const variance = take(/^var(iance)?$/);
    // one variance for all of an example's values, or for all examples
    const whole = variance.rank < mean.rank ? reshape(variance, [...variance.shape, 1]) : variance;
    const column = (t: Tensor) => (t.rank < 2 ? reshape(t, [t.size, 1]) : t);
    return concat([column(mean), column(whole.add(mul(mean, 0)))], 1);
  }
  const [only, ...more] = Object.values(given);
  if (!only || more.length > 0) throw new Unsupported(`inputs ${keys.join(", ")}`);
  return only;
}

/** Vectors of a loss of vectors, of which PyTorch takes one alone too. */
const rows = (name: string, t: Tensor): Tensor =>
  name !== "marginRanking" && t.rank === 1 ? reshape(t, [1, t.size]) : t;

/** One example alone, which PyTorch takes without an axis of examples. */
function rowsOf(name: string, output: Tensor, target: Tensor): { output: Tensor; target: Tensor } {
  const one = (t: Tensor) => reshape(t, [1, ...t.shape]);
  const classes = name === "crossEntropy" || name === "nll" || name === "multiMargin";
  if (classes && output.rank === 1) return { output: one(output), target: one(target) };
  if (/^multiLabel/.test(name) && output.rank === 1) return { output: one(output), target: one(target) };
  if (name === "cosineEmbedding" && target.rank === 0) return { output, target: one(target) };
  return { output, target };
}

function lossOf({ op, config, inputs }: Case, name: string): Loss {
  const definition = (losses as unknown as Readonly<Record<string, Loss["definition"]>>)[name];
  if (!definition) throw new Unsupported(`loss ${op}`);
  const options = optionsOf(definition.params, torchNames(config), ABOUT);
  for (const [key, { shape, data }] of Object.entries(inputs)) {
    const option = WEIGHTS.find(([pattern]) => pattern.test(key))?.[1];
    if (option === undefined) continue;
    if (!(definition.params as Params)[option]) throw new Unsupported(`option ${option}`);
    options[option] = shape.length === 1 ? [...data] : nested(data, shape);
  }
  for (const option of ["weight", "pos_weight"]) {
    const given = config[option];
    if (Array.isArray(given)) options[option === "weight" ? "weight" : "posWeight"] = given;
  }
  if (definition.params.dim && name !== "dice") options.dim ??= 1; // as PyTorch has it, even where the shapes leave it open
  // so are examples of class -100
  if (
    "ignoreIndex" in definition.params &&
    !Object.keys(inputs).some((key) => TARGETS.test(key) && inputs[key]?.dtype === "f32")
  )
    options.ignoreIndex ??= -100;
  return instance(name, definition, options);
}

/** PyTorch's default for `ignore_index` is a number, and null is none. `T` is a temperature. */
const torchNames = (config: Case["config"]): Case["config"] =>
  Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      if (value === null) return [];
      return [[key === "T" ? "temperature" : key, value]];
    }),
  );

function nested(data: ArrayLike<number>, [first, ...rest]: readonly number[]): unknown {
  if (first === undefined) return data[0];
  const size = data.length / first;
  const parts = Array.from({ length: first }, (_, i) => Array.from(data).slice(i * size, (i + 1) * size));
  return parts.map((part) => nested(part, rest));
}

/** A penalty on a tensor: "L1 penalty", "elastic net penalty". */
async function penalty({ op, config, ...c }: Case, bench: Bench): Promise<Given> {
  const [name = ""] = Object.keys(c.inputs).filter((key) => !key.startsWith("cotangent."));
  const both = config.l1 !== undefined || /elastic|l1.*l2/i.test(op);
  const made = both
    ? regularize.elasticNet({ l1: config.l1 ?? config.alpha1, l2: config.l2 ?? config.alpha2 })
    : regularize[/l1/i.test(op) ? "l1" : "l2"](config.alpha ?? config.lambda ?? config.weight);
  const w = inputFor(name, c.inputs[name] as Numbers);
  const { definition, options } = made as Regularizer;
  const y = definition.penalty?.(w, options) as Tensor;
  return withGradients({ op, config, ...c }, bench, { y }, { [name]: w });
}
