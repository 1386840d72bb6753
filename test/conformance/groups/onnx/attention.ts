import {
  add,
  broadcastTo,
  concat,
  div,
  einsum,
  isFinite as finite,
  iota,
  less,
  lessEqual,
  matmul,
  max,
  mul,
  pad,
  permute,
  reshape,
  select,
  softmax,
  sub,
  type Tensor,
  tanh,
  transpose,
} from "../../../../engine/ops/index.ts";
import type { Node, Operators } from "./node.ts";

/** [N, T, heads D] -> [N, heads, T, D]; what has four axes already stays. */
function heads(x: Tensor, count: number): Tensor {
  if (x.rank === 4) return x;
  const [n, t, e] = x.shape as [number, number, number];
  return permute(reshape(x, [n, t, count, e / count]), [0, 2, 1, 3]);
}

/** Each head of keys or values for as many heads of queries as share it. */
function shared(x: Tensor, queries: number): Tensor {
  const [n, count, t, d] = x.shape as [number, number, number, number];
  const repeated = broadcastTo(reshape(x, [n, count, 1, t, d]), [n, count, queries / count, t, d]);
  return reshape(repeated, [n, queries, t, d]);
}

export const attentions: Operators = {
  Attention: (node) => {
    const q = heads(node.x(0), node.attribute("q_num_heads", 1));
    const [k, v] = [1, 2].map((i) => {
      const now = heads(node.x(i), node.attribute("kv_num_heads", 1));
      const past = node.maybe(3 + i);
      return past ? concat([past, now], 2) : now;
    }) as [Tensor, Tensor];
    const queries = q.shape[1] as number;
    const scale = node.attribute("scale", 1 / Math.sqrt(q.shape[3] as number));
    const products = mul(matmul(q, transpose(shared(k, queries))), scale);
    const cap = node.attribute("softcap", 0);
    const capped = cap > 0 ? mul(tanh(div(products, cap)), cap) : products;
    const scores = masked(node, capped, (k.shape[2] as number) - (node.x(1).shape.at(-2) as number));
    const seen = finite(max(scores, -1, { keepdims: true })); // what sees nothing becomes 0
    const weights = select(seen, softmax(select(seen, scores, 0)), 0);
    const mixed = matmul(weights, shared(v, queries));
    const [n, , t] = q.shape as [number, number, number];
    const y = node.x(0).rank === 4 ? mixed : reshape(permute(mixed, [0, 2, 1, 3]), [n, t, -1]);
    return [y, k, v, [products, capped, scores, weights][node.attribute("qk_matmul_output_mode", 0)]];
  },
  Einsum: (node) => einsum(node.attribute<string>("equation", ""), ...node.all()),
};

/** Scores without what is not to be seen: a query sees keys up to its own place, which stands after `before` others. */
function masked(node: Node, scores: Tensor, before: number): Tensor {
  const { shape } = scores;
  const missing = (shape.at(-1) as number) - (node.maybe(3)?.shape.at(-1) ?? 0);
  let y = scores;
  const mask = node.maybe(3);
  if (mask) {
    const none = mask.shape.map(() => 0);
    const whole = pad(mask, { lo: none, hi: none.with(-1, missing), value: mask.dtype === "bool" ? 0 : -Infinity });
    y = whole.dtype === "bool" ? select(broadcastTo(whole, shape), y, -Infinity) : add(y, whole);
  }
  const lengths = node.maybe(6); // of the keys of each example
  const row = lengths && reshape(lengths, [lengths.size, 1, 1, 1]);
  const place = iota(shape, 3);
  if (row) y = select(less(place, broadcastTo(row, shape)), y, -Infinity);
  // how far a key lies behind the place of a query
  const own = add(iota(shape, 2), row ? sub(row, shape[2] as number) : before);
  const ahead = sub(place, own);
  const [left, right] = [node.attribute("left_window_size", -1), node.attribute("right_window_size", -1)];
  if (node.attribute("is_causal", 0)) y = select(lessEqual(ahead, 0), y, -Infinity);
  if (left >= 0) y = select(lessEqual(-left, ahead), y, -Infinity);
  if (right >= 0) y = select(lessEqual(ahead, right), y, -Infinity);
  return y;
}
