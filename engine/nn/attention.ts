import { ShapeError } from "../errors/index.ts";
import { add, matmul, mul, reshape, type Tensor, tanh, transpose } from "../ops/index.ts";
import { bool, choice, instance, int, optional, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { attentionWeights, maskInputs } from "./attentionWeights.ts";
import { defineLayer } from "./definition.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";
import { requireAxes } from "./shapes.ts";

/**
 * x [N, T, D] or [N, D], key [N, S, K], value [N, S, V]  ->  y = softmax(scores) value  [N, T, V] or [N, V]
 *
 *   dot: x key^T, scaled: x key^T / sqrt(D), general: (x W^T) key^T, additive: v^T tanh(x Wq^T + key Wk^T + b)
 *
 * One head without projections of the values. Parameters are those of linear layers: `query` of general and additive, `key` and
 * `score` of additive. Throws ShapeError when x and key have other features for a dot product.
 */
export const attention = defineLayer({
  summary: "A mean over the places of a sequence, weighted by how well each fits the query; scores as one likes.",
  paper:
    "additive: Bahdanau, Cho & Bengio 2015, arXiv:1409.0473, A.1.2; dot, general: Luong et al. 2015, arXiv:1508.04025",
  params: {
    score: choice("scaled", ["dot", "scaled", "general", "additive"], "How well a query fits a key."),
    hiddenSize: optional(
      int(required, "[1, inf)", "Additive: numbers that are compared; those of the query when null."),
    ),
    causal: bool(false, "Whether a place sees only itself and those before it."),
  },
  positional: "score",
  inputs: {
    key: "What is looked at, [N, S, K]; x when not given.",
    value: "What is taken from there, [N, S, V]; the key when not given.",
    ...maskInputs,
  },
  results: { weights: "Weights, [N, 1, T, S]." },
  apply: (scope, given, { score, hiddenSize, causal }, { key = given, value = key, ...masks }) => {
    requireAxes(given, 2, 3, "[examples, places, features] or [examples, features]");
    const x = given.rank === 2 ? reshape(given, [given.shape[0] as number, 1, given.shape[1] as number]) : given;
    const [n, t, d] = x.shape as [number, number, number];
    for (const [name, tensor] of Object.entries({ key, value })) {
      if (tensor.rank === 3 && tensor.shape[0] === n && tensor.shape[1] === key.shape[1]) continue;
      throw new ShapeError(
        `${name} is ${show(tensor.shape)}, not [${n}, ${key.rank === 3 ? key.shape[1] : "places"}, features]`,
      );
    }
    const scores =
      score === "additive"
        ? additive(scope, x, key, hiddenSize ?? d)
        : mul(matmul(queries(scope, x, key, score), transpose(key)), score === "scaled" ? 1 / Math.sqrt(d) : 1);
    const weigh = scope.child("weights", instance("attentionWeights", attentionWeights, { causal }));
    const weights = weigh(reshape(scores, [n, 1, t, key.shape[1] as number]), masks);
    const y = matmul(reshape(weights, scores.shape), value);
    return { y: given.rank === 2 ? reshape(y, [n, y.shape[2] as number]) : y, weights };
  },
});

function queries(scope: Scope, x: Tensor, key: Tensor, score: "dot" | "scaled" | "general"): Tensor {
  const features = key.shape[2] as number;
  if (score === "general")
    return scope.child("query", instance("linear", linear, { outFeatures: features, bias: false }))(x);
  if (features === x.shape[2]) return x;
  throw new ShapeError(
    `the key ${show(key.shape)} has other features than ${show(x.shape)}, and ${score} scores multiply them; take score: "general" or "additive"`,
  );
}

/** [N, T, D], [N, S, K] -> [N, T, S]. */
function additive(scope: Scope, x: Tensor, key: Tensor, hiddenSize: number): Tensor {
  const [n, t] = x.shape as [number, number];
  const projected = (name: string, of: Tensor, bias: boolean) =>
    scope.child(name, instance("linear", linear, { outFeatures: hiddenSize, bias }))(of);
  const query = reshape(projected("query", x, true), [n, t, 1, hiddenSize]);
  const keys = reshape(projected("key", key, false), [n, 1, key.shape[1] as number, hiddenSize]);
  const compared = tanh(add(query, keys));
  return reshape(
    scope.child("score", instance("linear", linear, { outFeatures: 1, bias: false }))(compared),
    compared.shape.slice(0, 3),
  );
}
