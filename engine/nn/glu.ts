import { ShapeError } from "../errors/index.ts";
import { mul, sigmoid, slice } from "../ops/index.ts";
import { int } from "../params/index.ts";
import { axisOf, show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";

/** x [..., 2 n, ...]  ->  a sigmoid(b)  [..., n, ...], with a and b the halves of x along dim. */
export const glu = defineLayer({
  summary: "The first half of an axis times the sigmoid of the second half: a gate for every number.",
  paper: "Dauphin, Fan, Auli & Grangier 2017, arXiv:1612.08083, section 2",
  params: { dim: int(-1, "(-inf, inf)", "The axis that is halved; negative ones count from the end.") },
  positional: "dim",
  apply: (_scope, x, { dim }) => {
    const axis = axisOf("glu", dim, x.rank);
    const size = x.shape[axis] as number;
    if (size % 2) throw new ShapeError(`axis ${dim} of ${show(x.shape)} has ${size} numbers, and no two equal halves`);
    return mul(slice(x, axis, 0, size / 2), sigmoid(slice(x, axis, size / 2)));
  },
});
