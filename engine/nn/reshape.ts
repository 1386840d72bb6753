import { ShapeError } from "../errors/index.ts";
import { reshape as reshaped } from "../ops/index.ts";
import { ints, required } from "../params/index.ts";
import { show, sizeOf } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";

/** [N, ...] -> [N, ...shape], the same elements in row-major order. */
export const reshape = defineLayer({
  summary: "Each example in another shape: [N, 784] -> [N, 1, 28, 28] for [1, 28, 28].",
  params: {
    shape: ints(required, "[-1, inf)", "Shape of an example; one length may be -1, which is then worked out."),
  },
  positional: "shape",
  apply: (_scope, x, { shape }) => {
    const [n = 1, ...rest] = x.shape;
    const known = sizeOf(shape.filter((length) => length !== -1));
    const free = shape.filter((length) => length === -1).length;
    const size = sizeOf(rest);
    if (x.rank === 0 || free > 1 || (free ? size % known !== 0 : size !== known)) {
      throw new ShapeError(`examples of ${show(rest)} do not fit into ${show(shape)}`);
    }
    return reshaped(x, [n, ...shape.map((length) => (length === -1 ? size / known : length))]);
  },
});
