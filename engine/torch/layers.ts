import type { Layer } from "../nn/index.ts";
import { args, python, snake } from "./python.ts";

/** A use of a layer in a model that was traced. */
export interface Use {
  readonly layer: Layer;
  /** Of its input, the batch first. */
  readonly input: readonly number[];
  /** Names of further tensors that it is given. */
  readonly given?: readonly string[];
  /** Names of results beside y that are used. */
  readonly wanted?: readonly string[];
}

/** A call that makes a module of torch.nn, and what else it needs. */
export interface Module {
  /** `nn.Linear(64, 10)`. */
  readonly call: string;
  /** The class of our own that it uses, by its name in `classes.ts`. */
  readonly own?: string;
}

type Options = Readonly<Record<string, unknown>>;
type Writer = (
  options: Options,
  input: readonly number[],
  type: string,
  layer: Layer,
  wanted: readonly string[],
) => Module | null;

/** Options that differ from their defaults, by PyTorch's names; first values of parameters are not among them. */
function changed({ options, definition }: Layer, except: readonly string[] = []): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const [name, param] of Object.entries(definition.params)) {
    const value = (options as Options)[name];
    if (except.includes(name) || isInitial(value) || JSON.stringify(value) === JSON.stringify(param.default)) continue;
    named[snake(name)] = value;
  }
  return named;
}

/** An initializer: the weights come with the script. */
const isInitial = (value: unknown): boolean => typeof value === "object" && value !== null && "type" in value;

/** All along one axis, as PyTorch takes it: `3` for `[3, 3]`. */
const short = (value: unknown): unknown =>
  Array.isArray(value) && value.length > 0 && value.every((one) => one === value[0]) ? value[0] : value;

/** PyTorch takes the length of one axis as a number. */
const alone = (shape: unknown): unknown => (Array.isArray(shape) && shape.length === 1 ? shape[0] : shape);

const shortened = (named: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name, short(value)]));

const module = (name: string, positional: readonly unknown[], named: Record<string, unknown> = {}): Module => ({
  call: `nn.${name}(${args(positional, shortened(named))})`,
});

/** A class of torch.nn whose options are ours by their names. */
const same =
  (name: string, first: readonly string[] = []): Writer =>
  (options, _, __, layer) =>
    module(
      name,
      first.map((option) => short(options[option])),
      changed(layer, first),
    );

/** As `same`, behind the length of an axis of the input. */
const sized =
  (name: string | ((rank: number) => string), axis: number, first: readonly string[] = []): Writer =>
  (options, input, _, layer) => {
    const size = input.at(axis) as number;
    const rest = first.map((option) => short(options[option]));
    return module(
      typeof name === "string" ? name : name(input.length),
      [size, ...rest],
      changed(layer, ["weight", ...first]),
    );
  };

/** BatchNorm1d for [N, C] and [N, C, L], BatchNorm2d for [N, C, H, W] ... */
const ofRank = (name: string) => (rank: number) => `${name}${Math.max(1, rank - 2)}d`;

/** One of our own classes. */
const own = (name: string, positional: (options: Options, input: readonly number[]) => readonly unknown[]): Writer => {
  return (options, input) => ({ call: `${name}(${args(positional(options, input))})`, own: name });
};

const convolution =
  (name: string): Writer =>
  (options, input, _, layer) => {
    const padding = options.padding;
    if (padding === "causal") return null;
    const named = changed(layer, ["outChannels", "kernelSize", "weight", "padding"]);
    if (padding === "same") named.padding = "same";
    else if (Array.isArray(padding) && padding.some((p) => p !== 0)) named.padding = short(padding);
    return module(name, [input[1], options.outChannels, short(options.kernelSize)], named);
  };

const recurrent =
  (name: string): Writer =>
  (options, input, _, layer, wanted) => {
    const named = { ...changed(layer, ["hiddenSize", "returns", "weight"]), batch_first: true };
    const [first, own] = wanted.length > 0 ? [python(wanted), `${name}States`] : [python(options.returns), name];
    if (wanted.length > 0 && options.returns !== "sequence") return null;
    return { call: `${own}(${first}, ${args([input.at(-1), options.hiddenSize], named)})`, own };
  };

const cell =
  (name: string): Writer =>
  (options, input, _, layer, wanted) => {
    const named = changed(layer, ["hiddenSize"]);
    const own = name === "LSTMCell" && wanted.length > 0 ? "LSTMCellStates" : name;
    return { call: `${own}(${args([input.at(-1), options.hiddenSize], named)})`, own };
  };

const activations: Readonly<Record<string, string>> = {
  celu: "CELU",
  elu: "ELU",
  gelu: "GELU",
  glu: "GLU",
  hardshrink: "Hardshrink",
  hardsigmoid: "Hardsigmoid",
  hardswish: "Hardswish",
  hardtanh: "Hardtanh",
  leakyRelu: "LeakyReLU",
  logSigmoid: "LogSigmoid",
  logSoftmax: "LogSoftmax",
  mish: "Mish",
  relu: "ReLU",
  relu6: "ReLU6",
  rrelu: "RReLU",
  selu: "SELU",
  sigmoid: "Sigmoid",
  silu: "SiLU",
  softmin: "Softmin",
  softplus: "Softplus",
  softshrink: "Softshrink",
  softsign: "Softsign",
  tanh: "Tanh",
  tanhshrink: "Tanhshrink",
};

const axes = [1, 2, 3] as const;
const each = (make: (n: number) => readonly [string, Writer][]): Record<string, Writer> =>
  Object.fromEntries(axes.flatMap(make));

/** Every layer that torch.nn has, by our name. */
const writers: Readonly<Record<string, Writer>> = {
  ...Object.fromEntries(Object.entries(activations).map(([type, name]) => [type, same(name)])),
  // without its axis PyTorch warns and guesses
  logSoftmax: ({ dim }) => module("LogSoftmax", [], { dim }),
  softmin: ({ dim }) => module("Softmin", [], { dim }),
  softmax: ({ dim, temperature }) =>
    temperature === 1
      ? module("Softmax", [], { dim })
      : { call: `Softmax(${args([dim, temperature])})`, own: "Softmax" },
  ...each((n) => [
    [`conv${n}d`, convolution(`Conv${n}d`)],
    [`convTranspose${n}d`, convolution(`ConvTranspose${n}d`)],
    [`maxPool${n}d`, same(`MaxPool${n}d`, ["kernelSize"])],
    [`avgPool${n}d`, same(`AvgPool${n}d`, ["kernelSize"])],
    [`adaptiveAvgPool${n}d`, same(`AdaptiveAvgPool${n}d`, ["outputSize"])],
    [`adaptiveMaxPool${n}d`, same(`AdaptiveMaxPool${n}d`, ["outputSize"])],
    [`dropout${n}d`, same(`Dropout${n}d`)],
    // torch.nn has it for every number of axes since 2.1
    [
      `zeroPad${n}d`,
      ({ padding }) =>
        module(n === 2 ? "ZeroPad2d" : `ConstantPad${n}d`, n === 2 ? [short(padding)] : [short(padding), 0]),
    ],
    [`constantPad${n}d`, same(`ConstantPad${n}d`, ["padding", "value"])],
    [`reflectionPad${n}d`, same(`ReflectionPad${n}d`, ["padding"])],
    [`replicationPad${n}d`, same(`ReplicationPad${n}d`, ["padding"])],
  ]),
  alphaDropout: same("AlphaDropout"),
  batchNorm: sized(ofRank("BatchNorm"), 1),
  channelShuffle: same("ChannelShuffle", ["groups"]),
  dropout: same("Dropout"),
  embedding: same("Embedding", ["numEmbeddings", "embeddingDim"]),
  featureAlphaDropout: same("FeatureAlphaDropout"),
  flatten: same("Flatten"),
  fold: same("Fold", ["outputSize", "kernelSize"]),
  gaussianNoise: own("GaussianNoise", ({ std }) => [std]),
  groupNorm: ({ numGroups }, input, _, layer) =>
    module("GroupNorm", [numGroups, input[1]], changed(layer, ["numGroups"])),
  gru: recurrent("GRU"),
  gruCell: cell("GRUCell"),
  identity: same("Identity"),
  instanceNorm: sized(ofRank("InstanceNorm"), 1),
  layerNorm: ({ normalizedShape }, input, _, layer) =>
    module("LayerNorm", [alone(normalizedShape ?? [input.at(-1)])], changed(layer, ["normalizedShape"])),
  learnedPositions: own("LearnedPositions", ({ length }, input) => [length ?? input[1], input[2]]),
  linear: sized("Linear", -1, ["outFeatures"]),
  localResponseNorm: same("LocalResponseNorm", ["size"]),
  lstm: recurrent("LSTM"),
  lstmCell: cell("LSTMCell"),
  permute: own("Permute", ({ dims }) => [dims]),
  pixelShuffle: same("PixelShuffle", ["upscaleFactor"]),
  pixelUnshuffle: same("PixelUnshuffle", ["downscaleFactor"]),
  prelu: same("PReLU"),
  reshape: own("Reshape", ({ shape }) => [shape]),
  rmsNorm: own("RMSNorm", ({ normalizedShape, eps, elementwiseAffine }, input) => [
    normalizedShape ?? [input.at(-1)],
    eps,
    elementwiseAffine,
  ]),
  rnn: recurrent("RNN"),
  rnnCell: cell("RNNCell"),
  sinusoidalPositions: own("SinusoidalPositions", ({ base }) => [base]),
  stochasticDepth: own("StochasticDepth", ({ p, mode }) => [p, mode]),
  threshold: same("Threshold", ["threshold", "value"]),
  lpPool1d: same("LPPool1d", ["normType", "kernelSize"]),
  lpPool2d: same("LPPool2d", ["normType", "kernelSize"]),
  multiheadAttention: ({ causal, numHeads }, input, _, layer) => {
    const named = { ...changed(layer, ["numHeads", "causal", "weight"]), batch_first: true };
    return { call: `SelfAttention(${python(causal)}, ${args([input.at(-1), numHeads], named)})`, own: "SelfAttention" };
  },
  transformerEncoderLayer: (options, input) => {
    if (options.bias === false || options.activation === "geluTanh") return null;
    const { numHeads, dimFeedforward, dropout, activation, layerNormEps, normFirst } = options;
    const named = { dropout, activation, layer_norm_eps: layerNormEps, norm_first: normFirst, batch_first: true };
    const first = [input.at(-1), numHeads, dimFeedforward];
    return options.causal === true
      ? { call: `CausalLayer(${args(first, named)})`, own: "CausalLayer" }
      : module("TransformerEncoderLayer", first, named);
  },
  unflatten: ({ dim, unflattenedSize }) => ({ call: `nn.Unflatten(${args([dim, unflattenedSize])})` }),
  unfold: same("Unfold", ["kernelSize"]),
  upsample: (_, __, ___, layer) => module("Upsample", [], { mode: layer.options.mode, ...changed(layer) }),
};

/** Their names; chains of layers are nn.Sequential. */
export const torchLayers: readonly string[] = [...Object.keys(writers), "mlp", "residual", "branches"];

/** Further tensors and results that a class here takes and gives; other layers are written from their graphs where they have some. */
const more: Readonly<Record<string, { readonly given: readonly string[]; readonly wanted?: readonly string[] }>> = {
  gru: { given: ["h"], wanted: ["h"] },
  gruCell: { given: ["h"] },
  lstm: { given: ["h", "c"], wanted: ["h", "c"] },
  lstmCell: { given: ["h", "c"], wanted: ["c"] },
  multiheadAttention: { given: [] },
  rnn: { given: ["h"], wanted: ["h"] },
  rnnCell: { given: ["h"] },
};

/** The module of torch.nn that a layer is, or null where there is none. */
export function torchModule({ layer, input, given = [], wanted = [] }: Use): Module | null {
  const takes = (names: readonly string[] | undefined, all: readonly string[]) =>
    all.every((name) => names?.includes(name));
  if (!takes(more[layer.type]?.given, given) || !takes(more[layer.type]?.wanted, wanted)) return null;
  return writers[layer.type]?.(layer.options as Options, input, layer.type, layer, wanted) ?? null;
}

/** Classes that torch.nn lacks, or lacked for long, by name; parameters have our names. */
export const classes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["RNN", "GRU", "LSTM"].flatMap((name) => {
      const lstm = name === "LSTM";
      const states = lstm ? "h=None, c=None" : "h=None";
      const before = lstm ? "None if h is None else (h, c)" : "h";
      return [
        [
          name,
          `class ${name}(nn.${name}):
    """Gives the states of all places, or of the last."""

    def __init__(self, returns, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.returns = returns

    def forward(self, x, ${states}):
        y, h = super().forward(x, ${before})
        if self.returns == "sequence":
            return y
        last = ${lstm ? "h[0]" : "h"}[-(2 if self.bidirectional else 1):]
        return torch.cat(tuple(last), dim=-1)`,
        ],
        [
          `${name}States`,
          `class ${name}States(nn.${name}):
    """Gives the states of all places, and those at the end."""

    def __init__(self, gives, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.gives = gives

    def forward(self, x, ${states}):
        y, end = super().forward(x, ${before})
        ends = ${lstm ? '{"h": end[0], "c": end[1]}' : '{"h": end}'}
        return y, *(ends[name] for name in self.gives)`,
        ],
      ];
    }),
  ),
  ...Object.fromEntries(
    ["RNNCell", "GRUCell"].map((name) => [
      name,
      `class ${name}(nn.${name}):
    def forward(self, x, h=None):
        return super().forward(x, h)`,
    ]),
  ),
  LSTMCell: `class LSTMCell(nn.LSTMCell):
    def forward(self, x, h=None, c=None):
        return super().forward(x, None if h is None else (h, c))[0]`,
  LSTMCellStates: `class LSTMCellStates(nn.LSTMCell):
    def forward(self, x, h=None, c=None):
        return super().forward(x, None if h is None else (h, c))`,
  CausalLayer: `class CausalLayer(nn.TransformerEncoderLayer):
    def forward(self, x):
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return super().forward(x, src_mask=mask)`,
  GaussianNoise: `class GaussianNoise(nn.Module):
    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, x):
        return x + self.std * torch.randn_like(x) if self.training else x`,
  LearnedPositions: `class LearnedPositions(nn.Module):
    def __init__(self, length, features):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, features))

    def forward(self, x):
        return x + self.weight[: x.shape[1]]`,
  SelfAttention: `class SelfAttention(nn.MultiheadAttention):
    def __init__(self, causal, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.causal = causal

    def forward(self, x):
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return super().forward(x, x, x, attn_mask=mask if self.causal else None, need_weights=False)[0]`,
  SinusoidalPositions: `class SinusoidalPositions(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def forward(self, x):
        places, features = x.shape[1:]
        place = torch.arange(places, device=x.device, dtype=x.dtype).unsqueeze(1)
        even = torch.arange(0, features, 2, device=x.device, dtype=x.dtype)
        angle = place / self.base ** (even / features)
        waves = torch.stack((angle.sin(), angle.cos()), -1).flatten(1)
        return x + waves[:, :features]`,
  Permute: `class Permute(nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.dims = dims

    def forward(self, x):
        return x.permute(*self.dims)`,
  Reshape: `class Reshape(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)`,
  RMSNorm: `class RMSNorm(nn.Module):
    def __init__(self, shape, eps, affine):
        super().__init__()
        self.eps = 2 ** -23 if eps is None else eps
        self.axes = tuple(range(-len(shape), 0))
        self.weight = nn.Parameter(torch.ones(shape)) if affine else None

    def forward(self, x):
        y = x * torch.rsqrt(x.square().mean(self.axes, keepdim=True) + self.eps)
        return y if self.weight is None else y * self.weight`,
  Softmax: `class Softmax(nn.Module):
    def __init__(self, dim, temperature):
        super().__init__()
        self.dim, self.temperature = dim, temperature

    def forward(self, x):
        return torch.softmax(x / self.temperature, self.dim)`,
  StochasticDepth: `class StochasticDepth(nn.Module):
    def __init__(self, p, mode):
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        shape = [x.shape[0] if self.mode == "row" else 1] + [1] * (x.dim() - 1)
        return x * torch.empty(shape, device=x.device).bernoulli_(1 - self.p) / max(1 - self.p, 1e-9)`,
  Residual: `class Residual(nn.Module):
    def __init__(self, inner, shortcut=None):
        super().__init__()
        self.inner = inner
        if shortcut is not None:
            self.shortcut = shortcut

    def forward(self, x):
        around = self.shortcut(x) if hasattr(self, "shortcut") else x
        return around + self.inner(x)`,
  Branches: `class Branches(nn.Module):
    def __init__(self, join, dim, **layers):
        super().__init__()
        self.join, self.dim = join, dim
        for name, layer in layers.items():
            self.add_module(name.lstrip("_"), layer)

    def forward(self, x):
        parts = [layer(x) for layer in self.children()]
        if self.join == "concat":
            return torch.cat(parts, self.dim)
        y = parts[0]
        for part in parts[1:]:
            y = y + part if self.join == "sum" else y * part
        return y`,
};
