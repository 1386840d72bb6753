import { ShapeError } from "../errors/index.ts";
import { type Initializer, init, isInitializer } from "../init/index.ts";
import { add, slice } from "../ops/index.ts";
import { int, optional, required, value } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { requireAxes } from "./shapes.ts";

/**
 * x [N, T, E], weight [length, E]  ->  x + weight[0..T]
 *
 * As an nn.Embedding of the positions 0, 1, ... that is added. Throws ShapeError for sequences longer than `length`.
 */
export const learnedPositions = defineLayer({
  summary: "Adds to every place of a sequence a vector of its own that is learned.",
  paper: "Gehring, Auli, Grangier, Yarats & Dauphin 2017, arXiv:1705.03122, section 3.1",
  params: {
    length: optional(int(required, "[1, inf)", "Longest sequence; that of the training data when not given.")),
    weight: value<Initializer, Initializer>(
      init.normal(),
      { type: "Initializer", noun: "an initializer, such as init.normal({ std: 0.02 })", accepts: isInitializer },
      "First values of the table.",
    ),
  },
  positional: "length",
  apply: (scope, x, { length, weight }) => {
    requireAxes(x, 3, 3, "[examples, places, features]");
    const [, places, features] = x.shape as [number, number, number];
    const longest = length ?? places;
    if (places > longest) throw new ShapeError(`has ${longest} positions, and ${show(x.shape)} has ${places} places`);
    return add(x, slice(scope.parameter("weight", [longest, features], weight), 0, 0, places));
  },
});
