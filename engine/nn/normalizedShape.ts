import { ShapeError } from "../errors/index.ts";
import type { Tensor } from "../ops/index.ts";
import { either, int, ints, optional, required } from "../params/index.ts";
import { type Shape, sameShape, show } from "../tensor/index.ts";

/** Option that normalizations over last axes share. */
export const normalizedShape = optional(
  either(
    int(required, "[1, inf)", "Lengths of the axes that are normalized together: the last one alone when not given."),
    ints(required, "[1, inf)", ""),
  ),
);

/** The last axes of x and their lengths. Throws ShapeError when x is not f32 or does not end in `given`. */
export function lastAxes(x: Tensor, given: number | readonly number[] | null): { axes: number[]; shape: Shape } {
  if (x.dtype !== "f32") throw new ShapeError(`takes f32 numbers, not ${x.dtype}`);
  if (x.rank === 0) throw new ShapeError("takes [..., features], not a scalar");
  const shape = given === null ? x.shape.slice(-1) : typeof given === "number" ? [given] : given;
  const lead = x.rank - shape.length;
  if (lead < 0 || !sameShape(x.shape.slice(lead), shape)) {
    throw new ShapeError(`normalizes ${show(shape)}, and ${show(x.shape)} does not end in that`);
  }
  return { axes: shape.map((_, i) => lead + i), shape };
}
