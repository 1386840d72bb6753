import { add, matmul, mul, relu, reshape, sigmoid, slice, sub, type Tensor, tanh, transpose } from "../ops/index.ts";

/** State of a recurrent cell: what it puts out, h [N, H], and for an LSTM its memory c [N, H]. */
export interface State {
  readonly h: Tensor;
  readonly c?: Tensor;
}

/** What a cell makes of the input's share of its gates [N, gates H] (bias included) and the hidden state's, and the state before. */
export type Gates = (fromInput: Tensor, fromHidden: Tensor, before: State) => State;

/** h' = tanh(from x + from h), or with relu. */
export const rnnGates =
  (nonlinearity: "tanh" | "relu"): Gates =>
  (fromInput, fromHidden) => ({ h: (nonlinearity === "relu" ? relu : tanh)(add(fromInput, fromHidden)) });

/** Gates i, f, g, o in PyTorch's order: c' = f c + i g, h' = o tanh(c'). */
export const lstmGates: Gates = (fromInput, fromHidden, { c }) => {
  const all = add(fromInput, fromHidden);
  const [i, f, o] = [sigmoid(gate(all, 0, 4)), sigmoid(gate(all, 1, 4)), sigmoid(gate(all, 3, 4))];
  const memory = add(mul(f, c as Tensor), mul(i, tanh(gate(all, 2, 4))));
  return { h: mul(o, tanh(memory)), c: memory };
};

/** Gates r, z, n in PyTorch's order: n = tanh(x part + r (h part)), h' = (1 - z) n + z h. */
export const gruGates: Gates = (fromInput, fromHidden, { h }) => {
  const [rx, zx, nx] = [gate(fromInput, 0, 3), gate(fromInput, 1, 3), gate(fromInput, 2, 3)];
  const [rh, zh, nh] = [gate(fromHidden, 0, 3), gate(fromHidden, 1, 3), gate(fromHidden, 2, 3)];
  const [r, z] = [sigmoid(add(rx, rh)), sigmoid(add(zx, zh))];
  const n = tanh(add(nx, mul(r, nh)));
  return { h: add(n, mul(z, sub(h, n))) };
};

/** x weight^T + bias, the bias where there is one. */
export function project(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const y = matmul(x, transpose(weight));
  return bias ? add(y, bias) : y;
}

/** [N, count H] -> gate number i, [N, H]. */
function gate(all: Tensor, i: number, count: number): Tensor {
  const [n, width] = all.shape as [number, number];
  return reshape(slice(reshape(all, [n, count, width / count]), 1, i, i + 1), [n, width / count]);
}
