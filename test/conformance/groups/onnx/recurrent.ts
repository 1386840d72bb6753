import { declare, type Layer, nn, traceModel } from "../../../../engine/nn/index.ts";
import {
  add,
  concat,
  constant,
  flip,
  matmul,
  mul,
  permute,
  reshape,
  sigmoid,
  split,
  squeeze,
  stack,
  sub,
  type Tensor,
  tanh,
  transpose,
} from "../../../../engine/ops/index.ts";
import { Unsupported } from "../../case.ts";
import type { Node, Operators } from "./node.ts";

/** A layer of one or two directions, with its gates in ONNX's order; h and c are inputs 5 and 6. */
const layerOf =
  (make: (options: { hiddenSize: number; bidirectional: boolean }, node: Node) => Layer, gates: readonly number[]) =>
  (node: Node): Tensor[] => {
    for (const name of ["clip", "activation_alpha", "input_forget"]) {
      if (node.attribute(name, 0)) throw new Unsupported(`${node.op} with ${name}`);
    }
    if (node.maybe(4) || node.maybe(7)) throw new Unsupported(`${node.op} with lengths or peepholes`);
    const direction = node.attribute<string>("direction", "forward");
    const batchFirst = node.attribute("layout", 0) === 1;
    const given = batchFirst ? node.x() : permute(node.x(), [1, 0, 2]); // [N, T, C]
    const x = direction === "reverse" ? flip(given, 1) : given;
    const weight = node.x(1);
    const directions = weight.shape[0] as number;
    const hiddenSize = (weight.shape[1] as number) / gates.length;
    const layer = make({ hiddenSize, bidirectional: direction === "bidirectional" }, node);
    const ordered = (t: Tensor): Tensor => {
      const blocks = split(t, hiddenSize, 0);
      return concat(gates.map((i) => blocks[i] as Tensor));
    };
    const bias = node.maybe(3) ?? constant(0, [directions, 2 * gates.length * hiddenSize]);
    const parameters: Record<string, Tensor> = {};
    for (let d = 0; d < directions; d++) {
      const of = (t: Tensor): Tensor => squeeze(split(t, 1)[d] as Tensor, 0);
      const suffix = d === 0 ? "_l0" : "_l0_reverse";
      const [input, hidden] = split(of(bias), gates.length * hiddenSize) as [Tensor, Tensor];
      parameters[`weight_ih${suffix}`] = ordered(of(weight));
      parameters[`weight_hh${suffix}`] = ordered(of(node.x(2)));
      parameters[`bias_ih${suffix}`] = ordered(input);
      parameters[`bias_hh${suffix}`] = ordered(hidden);
    }
    const state = (i: number) => {
      const first = node.maybe(i);
      return first && batchFirst ? permute(first, [1, 0, 2]) : first;
    };
    const [h, c] = [state(5), state(6)];
    const zero = constant(0, [], "u32");
    const inputs = { ...(h && { h }), ...(c && { c }) };
    declare(layer, x.shape, x.dtype, inputs); // says what does not fit
    const { results } = traceModel(layer, x, {
      ...{ parameters, buffers: {}, training: false, seed: zero, step: zero, inputs },
    });
    const y = direction === "reverse" ? flip(results.y, 1) : results.y;
    const [n = 0, times = 0] = y.shape;
    const apart = reshape(y, [n, times, directions, hiddenSize]);
    const out = (t: Tensor | undefined) => (t && batchFirst ? permute(t, [1, 0, 2]) : t);
    return [
      permute(apart, batchFirst ? [0, 1, 2, 3] : [1, 2, 0, 3]),
      ...[out(results.h), out(results.c)].filter((t) => t !== undefined),
    ];
  };

export const recurrent: Operators = {
  GRU: (node) => (node.attribute("linear_before_reset", 0) ? gru(node) : resetFirst(node)),
  LSTM: layerOf((options) => nn.lstm(options), [0, 2, 3, 1]),
  RNN: layerOf(
    (options, node) => {
      const [activation = "Tanh"] = node.attribute<readonly string[]>("activations", []);
      const nonlinearity = ({ Tanh: "tanh", Relu: "relu" } as const)[activation];
      if (!nonlinearity) throw new Unsupported(`RNN with ${activation}`);
      return nn.rnn({ ...options, nonlinearity });
    },
    [0],
  ),
};

const gru = layerOf((options) => nn.gru(options), [1, 0, 2]);

/** The form of Cho et al.: the reset gate acts on the state before its product. The library's layer has PyTorch's. */
function resetFirst(node: Node): Tensor[] {
  if (node.maybe(4)) throw new Unsupported("GRU with lengths");
  const direction = node.attribute<string>("direction", "forward");
  const batchFirst = node.attribute("layout", 0) === 1;
  const x = batchFirst ? permute(node.x(), [1, 0, 2]) : node.x();
  const weights = [1, 2, 3, 5].map((i) => node.maybe(i) && split(node.x(i), 1, batchFirst && i === 5 ? 1 : 0));
  const read = Array.from({ length: node.x(1).shape[0] as number }, (_, d) => {
    const [weight, recurrence, bias, first] = weights.map(
      (each, i) => each && squeeze(each[d] as Tensor, batchFirst && i === 3 ? 1 : 0),
    );
    return resetFirstOver(x, direction === "reverse" || d === 1, weight as Tensor, recurrence as Tensor, bias, first);
  });
  const all = stack(
    read.map((states) => stack(states)),
    1,
  ); // [T, directions, N, H]
  const last = stack(
    read.map((states, d) => (direction === "reverse" || d === 1 ? states[0] : states.at(-1)) as Tensor),
  );
  return batchFirst ? [permute(all, [2, 0, 1, 3]), permute(last, [1, 0, 2])] : [all, last];
}

/** States at each time of x [T, N, C]. */
function resetFirstOver(
  x: Tensor,
  backwards: boolean,
  ...[weight, recurrence, given, first]: [Tensor, Tensor, Tensor | undefined, Tensor | undefined]
): Tensor[] {
  const size = recurrence.shape[1] as number;
  const bias = given ? split(given, size) : Array.from({ length: 6 }, () => constant(0, [size]));
  const [wz, wr, wh] = split(weight, size).map((w) => transpose(w)) as [Tensor, Tensor, Tensor];
  const [rz, rr, rh] = split(recurrence, size).map((w) => transpose(w)) as [Tensor, Tensor, Tensor];
  const both = (i: number): Tensor => add(bias[i] as Tensor, bias[3 + i] as Tensor);
  const states: Tensor[] = [];
  let h = first ?? constant(0, [x.shape[1] as number, size]);
  const times = split(x, 1).map((step) => squeeze(step, 0));
  for (const now of backwards ? times.reverse() : times) {
    const z = sigmoid(add(add(matmul(now, wz), matmul(h, rz)), both(0)));
    const r = sigmoid(add(add(matmul(now, wr), matmul(h, rr)), both(1)));
    const fresh = tanh(add(add(matmul(now, wh), matmul(mul(r, h), rh)), both(2)));
    h = add(mul(sub(1, z), fresh), mul(z, h));
    states.push(h);
  }
  return backwards ? states.reverse() : states;
}
