import { ConfigError, ShapeError } from "../errors/index.ts";
import { type Initializer, init, isInitializer } from "../init/index.ts";
import { cast, equal, gather, reshape, select, stopGradient } from "../ops/index.ts";
import { int, optional, required, value } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

/**
 * x [...] i32 tokens, weight [numEmbeddings, embeddingDim]  ->  weight[x]  [..., embeddingDim]
 *
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
  apply: (scope, x, { numEmbeddings, embeddingDim, paddingIdx, weight }) => {
    if (x.dtype !== "i32" && x.dtype !== "u32") {
      throw new ShapeError(`takes tokens (i32), not ${x.dtype}; give whole numbers, as from data.text(...)`);
    }
    const shape = [numEmbeddings, embeddingDim];
    const tokens = cast(x, "i32");
    if (paddingIdx === null) return gather(scope.parameter("weight", shape, weight), tokens);
    const row = paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    const rows = gather(scope.parameter("weight", shape, zeroAt(weight, row)), tokens);
    const isPadding = equal(reshape(tokens, [...x.shape, 1]), row);
    return select(isPadding, stopGradient(rows), rows);
  },
});

/** `initial`, with zeros in one row. */
function zeroAt({ type, options, definition }: Initializer, row: number): Initializer {
  const sample: Initializer["definition"]["sample"] = (target) => {
    const width = target.shape[1] as number;
    return definition.sample(target, options).fill(0, row * width, (row + 1) * width);
  };
  return { type, options, definition: { ...definition, sample } };
}
