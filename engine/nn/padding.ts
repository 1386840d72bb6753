import { ConfigError, ShapeError } from "../errors/index.ts";
import { extend, pad, type Tensor } from "../ops/index.ts";
import { either, int, ints, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { requireImages } from "./shapes.ts";

/** The option that paddings share. */
export const paddingParams = {
  padding: either(
    int(
      required,
      "(-inf, inf)",
      "Elements added on every side, or two numbers for each axis from the last to the first, [left, right, top, bottom]; negative ones crop.",
    ),
    ints(required, "(-inf, inf)", ""),
  ),
};

type Given = number | readonly number[];

/** Throws ConfigError for a list that is not two numbers for each of `axes` axes. */
export function checkWidths(name: string, padding: Given, axes: number): void {
  if (typeof padding === "number" || padding.length === 2 * axes) return;
  throw new ConfigError(`${name}: padding takes a number or ${2 * axes} of them, not [${padding.join(", ")}]`);
}

/** x [N, C, ...] continued along its `axes` last axes: by a value, or as `extend` does. */
export function padded(x: Tensor, padding: Given, axes: number, by: number | Parameters<typeof extend>[1]): Tensor {
  requireImages(x, axes);
  const width = (axis: number, side: 0 | 1): number =>
    typeof padding === "number" ? padding : (padding[2 * (axes - 1 - axis) + side] as number);
  const each = Array.from({ length: axes }, (_, axis) => axis);
  const lo = [0, 0, ...each.map((axis) => width(axis, 0))];
  const hi = [0, 0, ...each.map((axis) => width(axis, 1))];
  if (typeof by !== "number") return extend(x, by, { lo, hi });
  const lost = each.find((axis) => (x.shape[2 + axis] as number) + width(axis, 0) + width(axis, 1) < 1);
  if (lost !== undefined)
    throw new ShapeError(`padding [${lo.slice(2)}] and [${hi.slice(2)}] leave nothing of ${show(x.shape)}`);
  return pad(x, { lo, hi, value: by });
}
