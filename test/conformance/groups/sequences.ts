import { declare, type Layer, nn, traceModel } from "../../../engine/nn/index.ts";
import { constant, permute, reshape, type Tensor } from "../../../engine/ops/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";
import { type Config, type Numbers, Unsupported } from "../case.ts";
import type { Runner } from "../run.ts";
import { camel, torchLayer } from "../torch.ts";
import { inputFor, withGradients } from "./graph.ts";

/** Modules of several sequences or states: the input that comes first, and the axes that its batch-first form has. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  RNN: ["x", "input"],
  LSTM: ["x", "input"],
  GRU: ["x", "input"],
  RNNCell: ["x", "input"],
  LSTMCell: ["x", "input"],
  GRUCell: ["x", "input"],
  MultiheadAttention: ["q", "query", "x"],
  TransformerEncoderLayer: ["x", "src"],
  TransformerDecoderLayer: ["x", "tgt"],
  TransformerEncoder: ["x", "src"],
  TransformerDecoder: ["x", "tgt"],
  Transformer: ["src", "x"],
};

/** Tensors that have a time axis, which PyTorch puts before that of the examples unless batch_first is true. */
const TIMED = ["x", "input", "q", "k", "v", "query", "key", "value", "src", "tgt", "memory", "y", "output"];

/** Names of PyTorch's documentation and those of cases, in ours. */
const OURS: Readonly<Record<string, string>> = {
  ...{ h0: "h", h_0: "h", hx: "h", c0: "c", c_0: "c", cx: "c" },
  ...{ k: "key", v: "value", mask: "attnMask" },
  ...{ hn: "h", h_n: "h", cn: "c", c_n: "c", output: "y" },
  ...{ attn_output: "y", attn_weights: "weights", attn_output_weights: "weights" },
};

export const isSequenceModule = (op: string): boolean => op in FIRST;

/** Modules with further inputs (states, keys and values, masks, memory) and further results. */
export const sequencesGroup: Runner = async (c, bench) => {
  const { batch_first, average_attn_weights, ...config } = c.config;
  const inputs = { ...c.inputs, ...masksOf(config) };
  const layer = layerOf(c.op, config);
  const names = Object.keys(inputs).filter((name) => !/^(param|buffer|cotangent)\./.test(name));
  const first = FIRST[c.op]?.find((name) => names.includes(name));
  if (first === undefined) throw new Unsupported(`inputs ${names.join(", ")}`);
  const isCell = c.op.endsWith("Cell");
  const single = (inputs[first] as Numbers).shape.length === (isCell ? 1 : 2); // one example without an axis for it
  const timed = (name: string) => !isCell && !single && batch_first !== true && TIMED.includes(name);
  const given = Object.fromEntries(names.map((name) => [name, inputFor(name, inputs[name] as Numbers)]));
  const batched = (name: string): Tensor => {
    const t = given[name] as Tensor;
    if (single && !/mask$/i.test(name)) return reshape(t, t.shape.toSpliced(isState(name) && !isCell ? 1 : 0, 0, 1));
    if (single && /padding/.test(name)) return reshape(t, [1, ...t.shape]);
    return timed(name) ? permute(t, [1, 0, 2]) : t;
  };
  const further: Record<string, Tensor> = {};
  for (const name of names) {
    if (name === first) continue;
    const { inputs: known = {} } = layer.definition;
    const plain = OURS[name] ?? camel(name);
    const ours = [plain, `src${capital(plain)}`, `tgt${capital(plain)}`].find((n) => known !== "any" && n in known);
    if (ours === undefined) throw new Unsupported(`input ${name}`);
    further[ours] = batched(name);
  }
  const x = batched(first);
  const { parameters: declared } = declare(layer, x.shape, x.dtype, further);
  const parameters = Object.fromEntries(
    declared.map(({ name, shape }) => [name, parameterOf(name, shape, inputs[`param.${name}`])]),
  );
  const zero = constant(0, [], "u32");
  const training = c.config.mode !== "eval";
  const { results } = traceModel(layer, x, {
    ...{ parameters, buffers: {}, training, seed: zero, step: zero },
    inputs: further,
  });
  const outputs: Record<string, Tensor> = {};
  for (const name of Object.keys(c.outputs)) {
    if (name.startsWith("grad.")) continue;
    const averaged = name.includes("weights") && average_attn_weights === true;
    const result = results[averaged ? "averagedWeights" : (OURS[name] ?? name)] ?? cellState(c.op, name, results);
    if (!result) throw new Unsupported(`output ${name}`);
    const plain = single ? reshape(result, result.shape.toSpliced(isState(name) && !isCell ? 1 : 0, 1)) : result;
    outputs[name] = timed(name) ? permute(plain, [1, 0, 2]) : plain;
  }
  return withGradients({ ...c, inputs }, bench, outputs, { ...given, ...parameters });
};

/** A stack's config is that of its layers, with their number and the norm. */
function layerOf(op: string, config: Config): Layer {
  const { num_layers: numLayers, norm, ...own } = config;
  const make = { TransformerEncoder: nn.transformerEncoder, TransformerDecoder: nn.transformerDecoder }[op];
  if (!make) return torchLayer({ name: op, args: [], named: config });
  const layer = torchLayer({ name: `${op}Layer`, args: [], named: own });
  return make(layer, { numLayers, norm: norm !== undefined && norm !== null && norm !== false });
}

const isState = (name: string): boolean => /^[hc](_?[0n]|x)$/.test(name);
const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function parameterOf(name: string, shape: Shape, stored: Numbers | undefined): Tensor {
  if (!stored) throw new Unsupported(`no values for ${name} [${shape}]`);
  return inputFor(`param.${name}`, stored);
}

/** A cell's new states have many names: h1, h', hy. */
function cellState(op: string, name: string, results: Readonly<Record<string, Tensor>>): Tensor | undefined {
  if (!op.endsWith("Cell")) return undefined;
  return name.startsWith("c") ? results.c : name.startsWith("h") ? results.y : undefined;
}

/** Masks that stand in the config as lists of rows. */
function masksOf(config: Record<string, unknown>): Record<string, Numbers> {
  const masks: Record<string, Numbers> = {};
  for (const [name, value] of Object.entries(config as Config)) {
    if (!/mask$/.test(name)) continue;
    if (Array.isArray(value)) {
      const data = value.flat(3).map(Number);
      const shape = [value.length, data.length / value.length];
      const dtype = typeof [value].flat(3)[0] === "boolean" ? "bool" : "f32";
      masks[name] = { shape, dtype, data: Float64Array.from(data) };
    }
    if (value === "causal") config.mask = value;
    else if (name !== "mask" || Array.isArray(value)) delete config[name];
    if (name !== "mask") delete config[name];
  }
  return masks;
}
