import { ShapeError } from "../errors/index.ts";
import { init } from "../init/index.ts";
import {
  add,
  iota,
  lessEqual,
  matmul,
  mul,
  permute,
  reshape,
  select,
  slice,
  softmax,
  type Tensor,
  transpose,
} from "../ops/index.ts";
import { bool, instance, int, num, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import { linear } from "./linear.ts";
import { requireAxes } from "./shapes.ts";

/**
 * Self-attention, as PyTorch's MultiheadAttention of x with itself, batch first, with E = numHeads D:
 *
 *   q, k, v [N, heads, T, D] of x in_proj_weight^T + in_proj_bias, x [N, T, E], in_proj_weight [3 E, E]
 *   weights = softmax(q k^T / sqrt(D))  [N, heads, T, T], over the places s <= t alone when causal
 *   y = weights v, heads side by side, through the linear layer out_proj  [N, T, E]
 *
 * The weights are the output of the layer `weights` within. Throws ShapeError when E is not divided by numHeads.
 */
export const multiheadAttention = defineLayer({
  summary: "Every place of a sequence takes a mean over all places, weighted by how well its query fits their keys.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.2",
  params: {
    numHeads: int(required, "[1, inf)", "Means taken side by side, each over its share of the features."),
    dropout: num(0, "[0, 1]", "Probability of dropping a weight."),
    bias: bool(true, "Whether the projections have biases, 0 at first."),
    causal: bool(false, "Whether a place sees only itself and those before it."),
  },
  positional: "numHeads",
  results: { weights: "Weights of each head, [N, heads, T, T], before dropout." },
  apply: (scope, x, { numHeads, dropout, bias, causal }) => {
    requireAxes(x, 3, 3, "[examples, places, features]");
    const [n, t, e] = x.shape as [number, number, number];
    if (e % numHeads !== 0)
      throw new ShapeError(`numHeads = ${numHeads} does not divide the ${e} features of ${show(x.shape)}`);
    const product = matmul(x, transpose(scope.parameter("in_proj_weight", [3 * e, e], init.xavierUniform())));
    const projected = bias ? add(product, scope.parameter("in_proj_bias", [3 * e], init.zeros())) : product;
    const heads = reshape(projected, [n, t, 3, numHeads, e / numHeads]);
    const value = part(heads, 2);
    const weights = scope.child("weights", instance("attentionWeights", attentionWeights, { causal }))(heads);
    const kept =
      dropout > 0 ? scope.child("dropout", instance("dropout", dropoutLayer, { p: dropout }))(weights) : weights;
    const mixed = reshape(permute(matmul(kept, value), [0, 2, 1, 3]), [n, t, e]);
    const out = instance("linear", linear, { outFeatures: e, bias: bias && init.zeros() });
    return { y: scope.child("out_proj", out)(mixed), weights };
  },
});

/** Queries and keys [N, T, 3, heads, D] (and values, left alone)  ->  weights [N, heads, T, T] whose rows sum to 1. */
const attentionWeights = defineLayer({
  summary: "How much each place looks at each other: softmax of queries times keys.",
  params: { causal: bool(false, "Whether a place sees only itself and those before it.") },
  apply: (_scope, heads, { causal }) => {
    const [query, key] = [part(heads, 0), part(heads, 1)];
    const scores = mul(matmul(query, transpose(key)), 1 / Math.sqrt(query.shape.at(-1) as number));
    const places = scores.shape.slice(-2);
    const seen = causal ? select(lessEqual(iota(places, 1), iota(places, 0)), scores, -Infinity) : scores;
    return softmax(seen);
  },
});

/** [N, T, 3, heads, D] -> one of the three as [N, heads, T, D]. */
function part(heads: Tensor, which: number): Tensor {
  const [n, t, , h, d] = heads.shape as [number, number, number, number, number];
  return permute(reshape(slice(heads, 2, which, which + 1), [n, t, h, d]), [0, 2, 1, 3]);
}
