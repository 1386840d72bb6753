import { nonlinearities } from "../../../engine/init/gain.ts";
import { initializers as all, type Fan, fans, type Initializer, init, sample } from "../../../engine/init/index.ts";
import { type Declaration, declare } from "../../../engine/nn/index.ts";
import { input } from "../../../engine/ops/index.ts";
import { instance, type Params } from "../../../engine/params/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";
import { type Case, type Config, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Runner } from "../run.ts";
import { type Call, camel, optionsOf, parseCall, torchLayer } from "../torch.ts";

const SEED = 1;

/** One drawn tensor, or the numbers that drawing goes by. The host draws, so the backend plays no part. */
export const initializers: Runner = async (c) => {
  if (c.op === "_calculate_fan_in_and_fan_out") {
    return { fan_in_out: (c.config.shapes as Shape[]).flatMap((shape) => [fans(shape).fanIn, fans(shape).fanOut]) };
  }
  if (c.op === "calculate_gain") return { gain: (c.config.order as string[]).map(gainOf) };
  const { shape } = c.config as { shape: Shape };
  const values =
    c.op === "default init" ? byDefault(c.config) : sample(initializerOf(c), { shape, seed: SEED, stream: 0 });
  if (c.compare !== "property") return { sample: values, w: values };
  checkProperties(c, values);
  return {};
};

/** `leaky_relu 0.2` -> gain. */
function gainOf(text: string): number {
  const [name = "", a] = text.split(" ");
  const known = nonlinearities.find((n) => n === nonlinearityOf(name));
  if (!known) throw new Unsupported(`gain of ${name}`);
  return init.gain(known, a === undefined ? undefined : Number(a));
}

/** PyTorch's `conv2d` and `linear` are no non-linearities: our "linear". */
const nonlinearityOf = (name: string): string => (/^(conv|linear|identity)/.test(name) ? "linear" : camel(name));

/** `kaiming_uniform_` with its arguments; what follows from the shape is left out. */
function initializerOf({ op, config }: Case): Initializer {
  const name = camel(op.replace(/_$/, ""));
  const definition = (all as Readonly<Record<string, Initializer["definition"]>>)[name];
  if (!definition) throw new Unsupported(`initializer ${op}`);
  const params = definition.params as Params;
  const { a, b, val, nonlinearity, ...rest } = config;
  const renamed: Config = {
    ...rest,
    ...(nonlinearity === undefined ? {} : { nonlinearity: nonlinearityOf(nonlinearity) }),
    ...(params.low
      ? { ...(a === undefined ? {} : { low: a }), ...(b === undefined ? {} : { high: b }) }
      : a === undefined
        ? {}
        : { a }),
    ...(val === undefined ? {} : { value: val }),
  };
  const derived = ["shape", "distribution", "fan_in", "fan_out", "flattened", ...(params.gain ? [] : ["gain"])];
  return instance(name, definition, optionsOf(params, renamed, derived));
}

/** `Linear(300,200).weight`: the layer's own initializer, with the fan that the layer gives it. */
function byDefault({ layer: text, shape }: Config): Float32Array {
  const call = parseCall(text);
  const parameter = /\)\.([\w.]+)$/.exec(text)?.[1];
  const declared = declaredBy(call).find((p) => p.name === parameter);
  if (!declared) throw new Unsupported(`parameter ${parameter}`);
  if (declared.shape.join() !== (shape as Shape).join()) throw new Error(`${text} is [${declared.shape.join(", ")}]`);
  const fan: Fan | undefined = declared.fan;
  return sample(declared.init, { shape: declared.shape, seed: SEED, stream: 0, fan });
}

/** The parameters that a layer declares for examples of the size that its first argument says. */
function declaredBy(call: Call): Declaration["parameters"] {
  const [size = 1, second = 1] = call.args as number[];
  const layer = torchLayer(call);
  const axes = Number(/(\d)d$/.exec(call.name)?.[1] ?? 0);
  if (call.name === "Embedding") return declare(layer, [2, 3], "i32").parameters;
  if (/^(RNN|LSTM|GRU|MultiheadAttention)$/.test(call.name)) return declare(layer, [2, 3, size]).parameters;
  if (call.name === "Bilinear") {
    return declare(layer, [2, size], "f32", { x2: input("x2", [2, second]) }).parameters;
  }
  return declare(layer, [2, size, ...new Array<number>(axes).fill(16)]).parameters;
}

/** What the notes of `compare: property` cases ask for. Throws Error when it does not hold. */
function checkProperties({ op, config, outputs, tolerance }: Case, w: Float32Array): Given {
  const [rows = 1] = config.shape as Shape;
  const columns = w.length / rows;
  const at = (row: number, column: number) => w[row * columns + column] as number;
  if (op === "orthogonal_") {
    const n = Math.min(rows, columns);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let dot = 0;
        for (let k = 0; k < Math.max(rows, columns); k++)
          dot += rows <= columns ? at(i, k) * at(j, k) : at(k, i) * at(k, j);
        const want = outputs.gram?.data[i * n + j] as number;
        if (Math.abs(dot - want) > tolerance.atol + tolerance.rtol * Math.abs(want)) {
          throw new Error(`gram[${i}, ${j}] is ${dot}, not ${want}`);
        }
      }
    }
    return {};
  }
  if (op !== "sparse_") throw new Unsupported(`property of ${op}`);
  for (let column = 0; column < columns; column++) {
    const zeros = Array.from({ length: rows }, (_, row) => at(row, column)).filter((x) => x === 0).length;
    const want = outputs.zeros_per_column?.data[column];
    if (zeros !== want) throw new Error(`column ${column} has ${zeros} zeros, not ${want}`);
  }
  const rest = w.filter((x) => x !== 0);
  const std = Math.sqrt(rest.reduce((sum, x) => sum + x * x, 0) / rest.length);
  const want = outputs.nonzero_std?.data[0] as number;
  // five standard errors of a standard deviation
  if (Math.abs(std - want) > (5 * want) / Math.sqrt(2 * rest.length))
    throw new Error(`the rest's deviation is ${std}, not ${want}`);
  return {};
}
