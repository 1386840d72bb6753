import {
  cosineSimilarity,
  div,
  einsum,
  extend,
  logSoftmax,
  logSumExp,
  matmul,
  maximum,
  norm,
  pad,
  pairwiseDistance,
  softmax,
  type Tensor,
} from "../../../engine/ops/index.ts";
import { type Config, Unsupported } from "../case.ts";

type Inputs = Readonly<Record<string, Tensor>>;

type Run = (inputs: Inputs, config: Config, all: readonly Tensor[]) => Tensor;

const cosine: Run = (_inputs, { dim = 1, eps = 1e-8 }, [a, b]) =>
  cosineSimilarity(a as Tensor, b as Tensor, { dim, eps });

const distance: Run = (_inputs, { p = 2, eps = 1e-6, keepdim = false }, [a, b]) =>
  pairwiseDistance(a as Tensor, b as Tensor, { p: exponent(p), eps, keepdim });

/** Functions of tensors that are no layers, by the case's op: the case's inputs by name, and in their order. */
export const functions: Readonly<Record<string, Run>> = {
  softmax: ({ x }, config) =>
    softmax(config.form === "softmax_big" ? (x as Tensor).mul(50) : (x as Tensor), dim(config)), // as its note says
  log_softmax: ({ x }, config) => logSoftmax(x as Tensor, dim(config)),
  softmin: ({ x }, config) => softmax((x as Tensor).neg(), dim(config)),
  logsumexp: ({ x }, { dim, keepdim }) => logSumExp(x as Tensor, dim, { keepdims: keepdim ?? false }),
  normalize: ({ x }, { p = 2, dim = 1, eps = 1e-12 }) =>
    div(x as Tensor, maximum(norm(x as Tensor, exponent(p), dim, { keepdims: true }), eps)),
  dot_attention: ({ H, s }) => {
    const scores = matmul(H as Tensor, (s as Tensor).reshape([...(s as Tensor).shape, 1]));
    return (H as Tensor).mul(softmax(scores, -2)).sum(-2);
  },
  ...{ cosine_similarity: cosine, CosineSimilarity: cosine },
  ...{ pairwise_distance: distance, PairwiseDistance: distance },
  einsum: (_inputs, { equation }, all) => einsum(equation, ...all),
  matmul: (_inputs, _config, [a, b]) => matmul(a as Tensor, b as Tensor),
  bmm: (_inputs, _config, [a, b]) => matmul(a as Tensor, b as Tensor),
  pad: ({ x }, { pad: widths, padding = widths, mode = "constant", value }) => {
    const { rank } = x as Tensor;
    const side = (which: 0 | 1) =>
      Array.from({ length: rank }, (_, axis) => padding[2 * (rank - 1 - axis) + which] ?? 0);
    const [lo, hi] = [side(0), side(1)];
    return mode === "constant"
      ? pad(x as Tensor, { lo, hi, value: value ?? 0 })
      : extend(x as Tensor, mode, { lo, hi });
  },
};

const exponent = (p: number | string): number => Number(p === "inf" ? Infinity : p);

/** The axis that a form says, as in softmax_dim0; the last one when nothing does. */
function dim({ form, dim }: Config): number {
  if (form === undefined) return dim ?? -1;
  if (/_big$/.test(form)) return -1;
  const axis = /^(?:log_?)?soft(?:max|min)_dim(-?\d+)$/.exec(form)?.[1];
  if (axis === undefined) throw new Unsupported(`form ${form}`);
  return Number(axis);
}
