import { ShapeError } from "../errors/index.ts";
import { init } from "../init/index.ts";
import {
  add,
  broadcastTo,
  concat,
  constant,
  matmul,
  mean,
  mul,
  permute,
  reshape,
  slice,
  type Tensor,
  transpose,
} from "../ops/index.ts";
import { bool, instance, int, num, required } from "../params/index.ts";
import { type Shape, show } from "../tensor/index.ts";
import { attentionWeights, maskInputs } from "./attentionWeights.ts";
import { defineLayer, type Named } from "./definition.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import { weightAndBias } from "./initial.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";
import { requireAxes } from "./shapes.ts";

/**
 * PyTorch's MultiheadAttention, batch first, with E = numHeads D; of x with itself when it is called with x alone:
 *
 *   q = x Wq^T + bq, k = key Wk^T + bk, v = value Wv^T + bv, x [N, T, E], key [N, S, kdim], value [N, S, vdim], as heads [N, heads, ., D]
 *   weights = softmax(q k^T / sqrt(D))  [N, heads, T, S], over the places s <= t alone when causal, over no masked ones
 *   y = weights v, heads side by side, through the linear layer out_proj  [N, T, E]
 *
 * Wq, Wk, Wv are in_proj_weight [3 E, E], or q_proj_weight, k_proj_weight and v_proj_weight where kdim or vdim are not E;
 * biases in_proj_bias [3 E]. The weights are also the output of the layer `weights` within.
 * Throws ShapeError when E is not divided by numHeads, or key, value or a mask do not fit.
 */
export const multiheadAttention = defineLayer({
  summary: "Every place of a sequence takes a mean over all places, weighted by how well its query fits their keys.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.2",
  params: {
    numHeads: int(required, "[1, inf)", "Means taken side by side, each over its share of the features."),
    dropout: num(0, "[0, 1]", "Probability of dropping a weight."),
    bias: bool(true, "Whether the projections have biases, 0 at first."),
    addBiasKv: bool(false, "Whether a learned key and value, bias_k and bias_v, follow those of the sequence."),
    addZeroAttn: bool(false, "Whether a key and value of zeros follow: a place may then look at nothing."),
    causal: bool(false, "Whether a place sees only itself and those before it."),
    weight: { ...weightAndBias.weight, doc: "First values of the weight of out_proj." },
  },
  positional: "numHeads",
  inputs: {
    key: "What is looked at, [N, S, kdim]; x when not given.",
    value: "What is taken from there, [N, S, vdim]; the key when not given.",
    ...maskInputs,
  },
  results: {
    weights: "Weights of each head, [N, heads, T, S], before dropout.",
    averagedWeights: "Their mean over the heads, [N, T, S].",
  },
  apply: (scope, x, options, { key = x, value = key, ...masks }) => {
    const { numHeads, dropout, bias, addBiasKv, addZeroAttn, causal, weight } = options;
    requireAxes(x, 3, 3, "[examples, places, features]");
    const [n, t, e] = x.shape as [number, number, number];
    if (e % numHeads !== 0)
      throw new ShapeError(`numHeads = ${numHeads} does not divide the ${e} features of ${show(x.shape)}`, {
        fault: { kind: "shape", option: "numHeads", instead: divisorsBeside(numHeads, e).map(String) },
      });
    for (const [name, given] of Object.entries({ key, value })) {
      if (given.rank === 3 && given.shape[0] === n && given.shape[1] === key.shape[1]) continue;
      throw new ShapeError(`${name} is ${show(given.shape)}, not [${n}, ${key.shape[1]}, features]`);
    }
    const [q, k, v] = projections(scope, { x, key, value }, bias);
    const more = (name: string): Tensor[] => [
      ...(addBiasKv ? [broadcastTo(scope.parameter(name, [1, 1, e], init.xavierNormal()), [n, 1, e])] : []),
      ...(addZeroAttn ? [constant(0, [n, 1, e])] : []),
    ];
    const heads = (all: Tensor): Tensor =>
      permute(reshape(all, [n, all.shape[1] as number, numHeads, e / numHeads]), [0, 2, 1, 3]);
    const keys = heads(concat([k, ...more("bias_k")], 1));
    const scores = mul(matmul(heads(q), transpose(keys)), 1 / Math.sqrt(e / numHeads));
    const open = Number(addBiasKv) + Number(addZeroAttn);
    const weights = scope.child("weights", instance("attentionWeights", attentionWeights, { causal, open }))(
      scores,
      masks,
    );
    const kept =
      dropout > 0 ? scope.child("dropout", instance("dropout", dropoutLayer, { p: dropout }))(weights) : weights;
    const taken = matmul(kept, heads(concat([v, ...more("bias_v")], 1)));
    const out = instance("linear", linear, { outFeatures: e, weight, bias: bias && init.zeros() });
    const y = scope.child("out_proj", out)(reshape(permute(taken, [0, 2, 1, 3]), [n, t, e]));
    return { y, weights, averagedWeights: mean(weights, 1) };
  },
});

/** Queries, keys and values of all heads. What is projected from one tensor is one product. */
function projections(
  scope: Scope,
  { x, key, value }: Named<"x" | "key" | "value">,
  bias: boolean,
): readonly [Tensor, Tensor, Tensor] {
  const e = x.shape[2] as number;
  const parameter = (name: string, shape: Shape) => scope.parameter(name, shape, init.xavierUniform());
  const oneSize = [key, value].every((t) => t.shape[2] === e);
  const packed = oneSize ? parameter("in_proj_weight", [3 * e, e]) : undefined;
  const own = (name: string, of: Tensor): Tensor => parameter(`${name}_proj_weight`, [e, of.shape[2] as number]);
  const weights = packed ? undefined : [own("q", x), own("k", key), own("v", value)];
  const biases = bias ? scope.parameter("in_proj_bias", [3 * e], init.zeros()) : undefined;
  /** Those from number `from` up to `to`, side by side. */
  const project = (of: Tensor, from: number, to: number): Tensor => {
    const weight = packed ? slice(packed, 0, from * e, to * e) : (weights?.[from] as Tensor);
    const y = matmul(of, transpose(weight));
    return biases ? add(y, slice(biases, 0, from * e, to * e)) : y;
  };
  const part = (all: Tensor, i: number): Tensor => slice(all, 2, i * e, (i + 1) * e);
  if (packed && x === key && key === value) {
    const all = project(x, 0, 3);
    return [part(all, 0), part(all, 1), part(all, 2)];
  }
  if (packed && key === value) {
    const both = project(key, 1, 3);
    return [project(x, 0, 1), part(both, 0), part(both, 1)];
  }
  return [project(x, 0, 1), project(key, 1, 2), project(value, 2, 3)];
}

/** The divisors of `n` next to a number that is none: 2 and 4 for 3 of 8. */
function divisorsBeside(number: number, n: number): number[] {
  const divisors = Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
  return [divisors.findLast((d) => d < number), divisors.find((d) => d > number)].filter((d) => d !== undefined);
}
