import { ShapeError } from "../errors/index.ts";
import { reshape } from "../ops/index.ts";
import { int, ints, required } from "../params/index.ts";
import { axisOf, show, sizeOf } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";

/** [N, 6] -> [N, 2, 3] for unflattenedSize [2, 3]. */
export const unflatten = defineLayer({
  summary: "One axis as several: what flatten undoes.",
  params: {
    unflattenedSize: ints(required, "[-1, inf)", "Lengths of the new axes; one may be -1, which is then worked out."),
    dim: int(1, "(-inf, inf)", "The axis that is cut; negative ones count from the end."),
  },
  positional: "unflattenedSize",
  apply: (_scope, x, { unflattenedSize: sizes, dim }) => {
    const axis = axisOf("unflatten", dim, x.rank);
    const known = sizeOf(sizes.filter((n) => n !== -1));
    const free = sizes.filter((n) => n === -1).length;
    const length = x.shape[axis] as number;
    if (free > 1 || (free ? length % known !== 0 : length !== known)) {
      throw new ShapeError(`the ${length} numbers of axis ${dim} of ${show(x.shape)} are not ${show(sizes)}`);
    }
    const cut = sizes.map((n) => (n === -1 ? length / known : n));
    return reshape(x, [...x.shape.slice(0, axis), ...cut, ...x.shape.slice(axis + 1)]);
  },
});
