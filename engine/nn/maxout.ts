import { max, reshape } from "../ops/index.ts";
import { int, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { weightAndBias } from "./initial.ts";
import { affine } from "./linear.ts";

/** x [..., in], weight [out pieces, in], bias [out pieces]  ->  y[j] = max over k of (x weight^T + bias)[j pieces + k]  [..., out] */
export const maxout = defineLayer({
  summary: "The largest of several linear functions for each output: a convex activation that is learned.",
  paper: "Goodfellow, Warde-Farley, Mirza, Courville & Bengio 2013, arXiv:1302.4389, section 3",
  params: {
    outFeatures: int(required, "[1, inf)", "Number of outputs."),
    pieces: int(2, "[1, inf)", "Linear functions for each output."),
    ...weightAndBias,
  },
  positional: "outFeatures",
  apply: (scope, x, { outFeatures, pieces, ...rest }) => {
    const y = affine(scope, x, { outFeatures: outFeatures * pieces, ...rest });
    return max(reshape(y, [...x.shape.slice(0, -1), outFeatures, pieces]), -1);
  },
});
