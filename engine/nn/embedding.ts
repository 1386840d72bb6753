import { ConfigError, ShapeError } from "../errors/index.ts";
import { type Initializer, init, isInitializer } from "../init/index.ts";
import {
  abs,
  add,
  cast,
  div,
  equal,
  gather,
  greater,
  max,
  mul,
  pow,
  reshape,
  select,
  stopGradient,
  sub,
  sum,
  type Tensor,
} from "../ops/index.ts";
import { bool, int, num, optional, required, value } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

/**
 * x [...] i32 tokens, weight [numEmbeddings, embeddingDim]  ->  weight[x]  [..., embeddingDim]
 *
 * maxNorm shortens what is read; the table itself stays as it is, where PyTorch shortens its rows for good.
 * Tokens outside [0, numEmbeddings) take the first or the last row. Throws ShapeError for f32 inputs.
 */
export const embedding = defineLayer({
  summary: "Every token's own row of a table that is learned: whole numbers in, vectors out.",
  paper: "Bengio, Ducharme, Vincent & Jauvin 2003, JMLR 3, section 2",
  params: {
    numEmbeddings: int(required, "[1, inf)", "Different tokens: rows of the table."),
    embeddingDim: int(required, "[1, inf)", "Numbers of a token's vector."),
    paddingIdx: optional(
      int(required, "(-inf, inf)", "Token whose row starts at 0 and is not trained; -1 is the last."),
    ),
    maxNorm: optional(num(required, "(0, inf)", "Rows that are longer are read as if they were so long.")),
    normType: num(2, "(0, inf]", "p of the p-norm that maxNorm is held against."),
    scaleGradByFreq: bool(false, "Whether a token's gradient is divided by how often it is in the batch."),
    weight: value<Initializer, Initializer>(
      init.normal(),
      { type: "Initializer", noun: "an initializer, such as init.normal({ std: 0.02 })", accepts: isInitializer },
      "First values of the table.",
    ),
  },
  positional: "numEmbeddings",
  validate: ({ numEmbeddings, paddingIdx }) => {
    if (paddingIdx === null || (paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings)) return;
    throw new ConfigError(`embedding: paddingIdx = ${paddingIdx} is outside the ${numEmbeddings} embeddings`);
  },
  tokens: ({ numEmbeddings }) => numEmbeddings,
  apply: (scope, x, { numEmbeddings, embeddingDim, paddingIdx, maxNorm, normType, scaleGradByFreq, weight }) => {
    if (x.dtype !== "i32" && x.dtype !== "u32") {
      throw new ShapeError(`takes tokens (i32), not ${x.dtype}; give whole numbers, as from data.text(...)`);
    }
    const shape = [numEmbeddings, embeddingDim];
    const tokens = cast(x, "i32");
    const padding = paddingIdx !== null && paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    const initial = padding === null ? weight : zeroAt(weight, padding);
    const rows = gather(scope.parameter("weight", shape, initial), tokens);
    const read = maxNorm === null ? rows : withValue(rows, mul(rows, shrinking(rows, maxNorm, normType)));
    const scaled = scaleGradByFreq ? withValue(div(read, frequency(tokens)), read) : read;
    if (padding === null) return scaled;
    return select(equal(reshape(tokens, [...x.shape, 1]), padding), stopGradient(scaled), scaled);
  },
});

/** The value of one tensor with the gradient of another. */
const withValue = (gradient: Tensor, value: Tensor): Tensor => add(gradient, stopGradient(sub(value, gradient)));

/** What rows [..., D] are multiplied by so that none is longer than maxNorm; PyTorch's 1e-7 in the divisor. */
function shrinking(rows: Tensor, maxNorm: number, p: number): Tensor {
  const size = abs(rows);
  const keepdims = { keepdims: true };
  const norm = p === Infinity ? max(size, -1, keepdims) : pow(sum(pow(size, p), -1, keepdims), 1 / p);
  return select(greater(norm, maxNorm), div(maxNorm, add(norm, 1e-7)), 1);
}

/** How often the token at each place is in the batch, [..., 1]. */
function frequency(tokens: Tensor): Tensor {
  const same = equal(reshape(tokens, [tokens.size, 1]), reshape(tokens, [1, tokens.size]));
  return reshape(sum(cast(same, "f32"), 1), [...tokens.shape, 1]);
}

/** `initial`, with zeros in one row. */
function zeroAt({ type, options, definition }: Initializer, row: number): Initializer {
  const sample: Initializer["definition"]["sample"] = (target) => {
    const width = target.shape[1] as number;
    return definition.sample(target, options).fill(0, row * width, (row + 1) * width);
  };
  return { type, options, definition: { ...definition, sample } };
}
