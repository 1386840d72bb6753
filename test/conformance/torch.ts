import { type Layer, layers, nn } from "../../engine/nn/index.ts";
import { methods, type Optimizer, optim, optimizers } from "../../engine/optim/index.ts";
import { instance, type Params } from "../../engine/params/index.ts";
import { type Schedule, schedules } from "../../engine/schedules/index.ts";
import { type Config, Unsupported } from "./case.ts";
import { pythonFunction } from "./python.ts";

/** PyTorch's names in ours: modules, optimizers and schedulers with their arguments. */

/** `weight_decay` -> `weightDecay`, `T_max` -> `tMax`. */
export const camel = (name: string): string =>
  name.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** Arguments as options of a definition. Throws Unsupported for one that the definition does not have. */
export function optionsOf(params: Params, config: Config, ignored: readonly string[] = []): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [given, value] of Object.entries(config)) {
    if (ignored.includes(given)) continue;
    const name = camel(given);
    const param = params[name];
    if (!param) throw new Unsupported(`option ${given}`);
    options[name] = typeof value === "string" && /^[a-z0-9_]+$/.test(value) ? camel(value) : value;
  }
  return options;
}

/** A Python call, such as `Conv2d(1, 8, kernel_size=(3, 3), bias=False)`. */
export interface Call {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly named: Config;
}

/** The call at the start of a text; Unsupported for other text. */
export function parseCall(text: string): Call {
  const [, name, rest] = /^\s*(\w+)\(([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined || rest === undefined) throw new Unsupported(text);
  const close = matching(rest);
  const args: unknown[] = [];
  const named: Record<string, unknown> = {};
  for (const part of splitOutside(rest.slice(0, close))) {
    const [, key, value] = /^(\w+)\s*=\s*([\s\S]+)$/.exec(part) ?? [];
    if (key === undefined) args.push(literal(part));
    else named[key] = literal(value as string);
  }
  return { name, args, named };
}

function literal(text: string): unknown {
  const known: Record<string, unknown> = { True: true, False: false, None: null };
  if (text in known) return known[text];
  if (/^[([]/.test(text)) return splitOutside(text.slice(1, -1)).map(literal);
  if (/^['"]/.test(text)) return text.slice(1, -1);
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

/** Position of the bracket that closes one opened before `text`. */
function matching(text: string): number {
  let depth = 1;
  for (let i = 0; i < text.length; i++) {
    if ("([".includes(text[i] as string)) depth++;
    if (")]".includes(text[i] as string) && --depth === 0) return i;
  }
  throw new Unsupported(text);
}

/** Parts between commas that stand in no bracket. */
function splitOutside(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const c of text) {
    if ("([".includes(c)) depth++;
    if (")]".includes(c)) depth--;
    if (c === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += c;
  }
  return parts.map((p) => p.trim()).filter((p) => p !== "");
}

/** Arguments that modules over one, two and three axes share, in PyTorch's order. */
const CONVOLUTION = [
  "in_channels",
  "out_channels",
  "kernel_size",
  "stride",
  "padding",
  "dilation",
  "groups",
  "bias",
  "padding_mode",
];
const TRANSPOSED = [
  "in_channels",
  "out_channels",
  "kernel_size",
  "stride",
  "padding",
  "output_padding",
  "groups",
  "bias",
  "dilation",
];
const MAX_POOL = ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"];
const AVG_POOL = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"];
const LP_POOL = ["norm_type", "kernel_size", "stride", "ceil_mode"];
const BATCH_NORM = ["num_features", "eps", "momentum", "affine", "track_running_stats"];

/** The entries of a module for one, two and three axes. */
const overAxes = (module: string, layer: string, args: readonly string[]): Record<string, Module> =>
  Object.fromEntries(
    [1, 2, 3].map((n) => [`${module}${n}d`, { layer: `${layer}${layer.endsWith("Norm") ? "" : `${n}d`}`, args }]),
  );

interface Module {
  readonly layer: string;
  readonly args: readonly string[];
  readonly fixed?: Config;
}

/** Modules: the layer of ours, and PyTorch's arguments in their order. Sizes of inputs are ours to find out. */
const MODULES: Readonly<Record<string, Module>> = {
  Linear: { layer: "linear", args: ["in_features", "out_features", "bias"] },
  ...overAxes("Conv", "conv", CONVOLUTION),
  ...overAxes("ConvTranspose", "convTranspose", TRANSPOSED),
  ...overAxes("MaxPool", "maxPool", MAX_POOL),
  ...overAxes("AvgPool", "avgPool", AVG_POOL),
  ...overAxes("LPPool", "lpPool", LP_POOL),
  ...overAxes("AdaptiveAvgPool", "adaptiveAvgPool", ["output_size"]),
  ...overAxes("AdaptiveMaxPool", "adaptiveMaxPool", ["output_size"]),
  ...overAxes("BatchNorm", "batchNorm", BATCH_NORM),
  ...overAxes("InstanceNorm", "instanceNorm", BATCH_NORM),
  GroupNorm: { layer: "groupNorm", args: ["num_groups", "num_channels", "eps", "affine"] },
  ...overAxes("ConstantPad", "constantPad", ["padding", "value"]),
  ...overAxes("ZeroPad", "zeroPad", ["padding"]),
  ...overAxes("ReflectionPad", "reflectionPad", ["padding"]),
  ...overAxes("ReplicationPad", "replicationPad", ["padding"]),
  ...overAxes("CircularPad", "circularPad", ["padding"]),
  ...overAxes("Dropout", "dropout", ["p"]),
  FeatureAlphaDropout: { layer: "featureAlphaDropout", args: ["p"] },
  Bilinear: { layer: "bilinear", args: ["in1_features", "in2_features", "out_features", "bias"] },
  PixelShuffle: { layer: "pixelShuffle", args: ["upscale_factor"] },
  PixelUnshuffle: { layer: "pixelUnshuffle", args: ["downscale_factor"] },
  ChannelShuffle: { layer: "channelShuffle", args: ["groups"] },
  Unfold: { layer: "unfold", args: ["kernel_size", "dilation", "padding", "stride"] },
  Fold: { layer: "fold", args: ["output_size", "kernel_size", "dilation", "padding", "stride"] },
  Unflatten: { layer: "unflatten", args: ["dim", "unflattened_size"] },
  Upsample: { layer: "upsample", args: ["size", "scale_factor", "mode", "align_corners"] },
  UpsamplingNearest2d: { layer: "upsample", args: ["size", "scale_factor"] },
  UpsamplingBilinear2d: {
    layer: "upsample",
    args: ["size", "scale_factor"],
    fixed: { mode: "bilinear", align_corners: true },
  },
  LocalResponseNorm: { layer: "localResponseNorm", args: ["size", "alpha", "beta", "k"] },
  LayerNorm: { layer: "layerNorm", args: ["normalized_shape"] },
  RMSNorm: { layer: "rmsNorm", args: ["normalized_shape"] },
  Embedding: { layer: "embedding", args: ["num_embeddings", "embedding_dim", "padding_idx"] },
  MultiheadAttention: { layer: "multiheadAttention", args: ["embed_dim", "num_heads"] },
  TransformerEncoderLayer: { layer: "transformerEncoderLayer", args: ["d_model", "num_heads", "dim_feedforward"] },
  TransformerDecoderLayer: { layer: "transformerDecoderLayer", args: ["d_model", "num_heads", "dim_feedforward"] },
  Transformer: { layer: "transformer", args: ["d_model", "num_heads"] },
  RNN: { layer: "rnn", args: ["input_size", "hidden_size", "num_layers", "nonlinearity"] },
  LSTM: { layer: "lstm", args: ["input_size", "hidden_size", "num_layers", "bias"] },
  GRU: { layer: "gru", args: ["input_size", "hidden_size", "num_layers", "bias"] },
  RNNCell: { layer: "rnnCell", args: ["input_size", "hidden_size", "bias", "nonlinearity"] },
  LSTMCell: { layer: "lstmCell", args: ["input_size", "hidden_size", "bias"] },
  GRUCell: { layer: "gruCell", args: ["input_size", "hidden_size", "bias"] },
  Dropout: { layer: "dropout", args: ["p"] },
  Flatten: { layer: "flatten", args: ["start_dim", "end_dim"] },
  ReLU: { layer: "relu", args: [] },
  Tanh: { layer: "tanh", args: [] },
  Sigmoid: { layer: "sigmoid", args: [] },
  Softmax: { layer: "softmax", args: ["dim"] },
  Softmax2d: { layer: "softmax", args: [], fixed: { dim: -3 } },
  LeakyReLU: { layer: "leakyRelu", args: ["negative_slope"] },
  PReLU: { layer: "prelu", args: ["num_parameters"] },
  ELU: { layer: "elu", args: ["alpha"] },
  CELU: { layer: "celu", args: ["alpha"] },
  SELU: { layer: "selu", args: [] },
  GELU: { layer: "gelu", args: ["approximate"] },
  SiLU: { layer: "silu", args: [] },
  Mish: { layer: "mish", args: [] },
  Softplus: { layer: "softplus", args: ["beta", "threshold"] },
  Hardtanh: { layer: "hardtanh", args: ["min_val", "max_val"] },
  Hardsigmoid: { layer: "hardsigmoid", args: [] },
  Hardswish: { layer: "hardswish", args: [] },
  ReLU6: { layer: "relu6", args: [] },
  RReLU: { layer: "rrelu", args: ["lower", "upper"] },
  LogSigmoid: { layer: "logSigmoid", args: [] },
  LogSoftmax: { layer: "logSoftmax", args: ["dim"] },
  Softmin: { layer: "softmin", args: ["dim"] },
  Softsign: { layer: "softsign", args: [] },
  Softshrink: { layer: "softshrink", args: ["lambd"] },
  Hardshrink: { layer: "hardshrink", args: ["lambd"] },
  Tanhshrink: { layer: "tanhshrink", args: [] },
  Threshold: { layer: "threshold", args: ["threshold", "value"] },
  GLU: { layer: "glu", args: ["dim"] },
  AlphaDropout: { layer: "alphaDropout", args: ["p"] },
  Identity: { layer: "identity", args: [] },
};

/** What a config says of a module besides its arguments. */
const ABOUT = [
  "cotangent",
  "note",
  "notes",
  "weight_layout",
  "deck",
  "inplace",
  "in_features",
  "in1_features",
  "in2_features",
  "in_channels",
  "num_features",
  "num_channels",
  "embed_dim",
  "input_size",
  "gate_order",
  "kdim",
  "vdim",
  "d_model",
];
/** Arguments whose only value we have is PyTorch's default. */
const ONLY: Readonly<Record<string, unknown>> = {
  batch_first: true,
  key_padding_mask: null,
  padding_mode: "zeros",
  dilation: 1,
  return_indices: false,
};

/** A module of PyTorch as a layer. Throws Unsupported when there is none, or none with these arguments. */
export function torchLayer({ name, args, named }: Call): Layer {
  const known = MODULES[name];
  const definition =
    known && (layers as Readonly<Record<string, { params: Params; positional?: string }>>)[known.layer];
  if (!known || !definition) throw new Unsupported(`layer ${name}`);
  const config: Record<string, unknown> = { ...named, ...known.fixed };
  for (const [i, value] of args.entries()) config[known.args[i] ?? `argument ${i}`] = value;
  if (config.nhead !== undefined) [config.num_heads, config.nhead] = [config.nhead, undefined];
  if ("causal" in definition.params) {
    if (!["none", "causal", undefined].includes(config.mask as string)) throw new Unsupported(`mask ${config.mask}`);
    [config.causal, config.mask] = [config.mask === "causal", undefined];
  }
  for (const [given, value] of Object.entries(config)) {
    if (value === undefined || (given === "mode" && /^(train|eval)/.test(String(value)))) delete config[given];
    else if (value === null && !takesNull(definition.params[camel(given)])) delete config[given];
    else if (!(camel(given) in definition.params) && given in ONLY && value === ONLY[given]) delete config[given];
  }
  const { [definition.positional ?? ""]: first, ...options } = optionsOf(definition.params, config, ABOUT);
  const make = (nn as unknown as Readonly<Record<string, (...given: unknown[]) => Layer>>)[known.layer];
  if (!make) throw new Unsupported(`layer ${name}`);
  return definition.positional === undefined ? make(options) : make(first, options);
}

/** Whether null means something; otherwise it stands for the default, as Python's None does. */
const takesNull = (param: Params[string] | undefined): boolean => param === undefined || param.kind.endsWith("?");

/** Arguments of optimizers that say how PyTorch computes, not what. */
const HOW = ["foreach", "fused", "capturable", "differentiable"];

const OPTIMIZERS: Readonly<Record<string, string>> = {
  SGD: "sgd",
  Adam: "adam",
  AdamW: "adamw",
  Adagrad: "adagrad",
  RMSprop: "rmsprop",
  Adadelta: "adadelta",
  NAdam: "nadam",
  RAdam: "radam",
  Adamax: "adamax",
  ASGD: "asgd",
  Rprop: "rprop",
  Lion: "lion",
  LBFGS: "lbfgs",
};

/** An optimizer of PyTorch with those arguments of `config` that are not in `about`. Throws Unsupported. */
export function torchOptimizer(op: string, config: Config, about: readonly string[]): Optimizer {
  const name = OPTIMIZERS[op];
  const definition =
    name !== undefined && ({ ...optimizers, ...methods } as Readonly<Record<string, { params: Params }>>)[name];
  if (!definition) throw new Unsupported(`optimizer ${op}`);
  const make = optim as unknown as Readonly<Record<string, (options: unknown) => Optimizer>>;
  const { param_groups: listed, groups = listed, ...base } = config;
  const options = optionsOf(definition.params, base, [...about, ...HOW]);
  if (groups !== undefined) options.groups = parameterGroups(definition, groups);
  return (make[name] as (options: unknown) => Optimizer)(options);
}

/** A list of dictionaries, as PyTorch takes them, or a dictionary of such by the module that they are for. */
function parameterGroups({ params }: { params: Params }, given: unknown): Record<string, unknown>[] {
  const groups: Config[] = Array.isArray(given)
    ? given
    : Object.entries(given as Config).map(([module, options]) => ({ params: [module], ...options }));
  return groups.map(({ params: names, requires_grad = true, ...config }) => ({
    ...optionsOf(params, config, HOW),
    params: names,
    ...(requires_grad ? {} : { frozen: true }),
  }));
}

const SCHEDULERS: Readonly<Record<string, { name: string; args: readonly string[] }>> = {
  ConstantLR: { name: "constant", args: ["factor", "total_iters"] },
  LinearLR: { name: "linear", args: ["start_factor", "end_factor", "total_iters"] },
  StepLR: { name: "step", args: ["step_size", "gamma"] },
  MultiStepLR: { name: "multiStep", args: ["milestones", "gamma"] },
  ExponentialLR: { name: "exponential", args: ["gamma"] },
  PolynomialLR: { name: "polynomial", args: ["total_iters", "power"] },
  CosineAnnealingLR: { name: "cosine", args: ["T_max", "eta_min"] },
  CosineAnnealingWarmRestarts: { name: "warmRestarts", args: ["T_0", "T_mult", "eta_min"] },
  CyclicLR: { name: "cyclic", args: ["base_lr", "max_lr", "step_size_up", "step_size_down", "mode", "gamma"] },
  ReduceLROnPlateau: { name: "plateau", args: ["mode", "factor", "patience", "threshold", "threshold_mode"] },
  LambdaLR: { name: "lambda", args: ["lr_lambda"] },
  MultiplicativeLR: { name: "multiplicative", args: ["lr_lambda"] },
  SequentialLR: { name: "concat", args: ["schedulers", "milestones"] },
  ChainedScheduler: { name: "chain", args: ["schedulers"] },
  OneCycleLR: { name: "oneCycle", args: ["max_lr", "total_steps"] },
};

/** A scheduler of PyTorch, stepped after every optimizer step. Throws Unsupported. */
export function torchSchedule({ name: op, args, named }: Call): Schedule {
  const known = SCHEDULERS[op];
  if (!known) throw new Unsupported(`scheduler ${op}`);
  const config: Record<string, unknown> = { ...named };
  for (const [i, value] of args.entries()) config[known.args[i] ?? `argument ${i}`] = value;
  if (op === "ConstantLR") config.factor ??= 1 / 3; // where our default is not PyTorch's
  if (op === "OneCycleLR" && config.epochs !== undefined) {
    config.total_steps = (config.epochs as number) * (config.steps_per_epoch as number);
    for (const name of ["epochs", "steps_per_epoch"]) delete config[name];
  }
  if (Array.isArray(config.schedulers)) {
    config.schedules = config.schedulers.map((text) => torchSchedule(parseCall(text)));
    delete config.schedulers;
  }
  for (const [theirs, ours] of [
    ["lr_lambda", "factor"],
    ["scale_fn", "scale"],
  ] as const) {
    if (config[theirs] === undefined) continue;
    config[ours] = pythonFunction(String(config[theirs]));
    delete config[theirs];
  }
  const { params } = (schedules as Readonly<Record<string, { params: Params }>>)[known.name] as { params: Params };
  const options = optionsOf(params, config, params.baseLr ? ABOUT_RUN.filter((k) => k !== "base_lr") : ABOUT_RUN);
  if (config.min_lr !== undefined && Array.isArray(config.min_lr)) options.minLr = config.min_lr[0];
  return instance(
    known.name,
    schedules[known.name as "step"],
    params.per ? { ...options, per: "step" } : options,
  ) as Schedule;
}

/** What a config says of the run besides the scheduler's arguments. */
const ABOUT_RUN = ["steps", "base_lr", "deck", "note", "notes", "verbose", "momentum", "optimizer", "last_epoch"];
