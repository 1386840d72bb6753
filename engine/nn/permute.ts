import { ShapeError } from "../errors/index.ts";
import { permute as permuted } from "../ops/index.ts";
import { ints, required } from "../params/index.ts";
import { axisOf, show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";

/** Axis i of the output is axis dims[i] of the input; the first one, the examples, stays where it is. */
export const permute = defineLayer({
  summary: "Axes in another order: [0, 2, 1] exchanges places and features of [N, T, E].",
  params: { dims: ints(required, "(-inf, inf)", "The order, examples first; negative ones count from the end.") },
  positional: "dims",
  apply: (_scope, x, { dims }) => {
    const order = dims.map((dim) => axisOf("permute", dim, x.rank));
    if (order.length !== x.rank || new Set(order).size !== x.rank || order[0] !== 0) {
      throw new ShapeError(
        `[${dims.join(", ")}] is no order of the ${x.rank} axes of ${show(x.shape)} with the examples first`,
      );
    }
    return permuted(x, order);
  },
});
