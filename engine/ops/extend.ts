import { ShapeError } from "../errors/index.ts";
import { show } from "../tensor/index.ts";
import { broadcastTo, concat, flip, slice } from "./movement.ts";
import type { Tensor } from "./tensor.ts";

interface Widths {
  /** Elements before each axis; negative ones crop. */
  lo: readonly number[];
  /** Elements after each axis; negative ones crop. */
  hi: readonly number[];
}

/**
 * x continued beyond its borders by elements of its own: mirrored at the border element, which is not repeated (reflect), the
 * border element again (replicate), or from the other side (circular). `pad` puts one value there instead.
 * Throws ShapeError when an axis is too short to be mirrored or wrapped.
 */
export function extend(x: Tensor, mode: "reflect" | "replicate" | "circular", { lo, hi }: Widths): Tensor {
  return x.shape.reduce<Tensor>((y, n, axis) => {
    const [before, after] = [lo[axis] ?? 0, hi[axis] ?? 0];
    const [left, right] = [Math.max(before, 0), Math.max(after, 0)];
    const longest = { reflect: n - 1, replicate: n > 0 ? Infinity : 0, circular: n }[mode];
    if (Math.max(left, right) > longest) {
      throw new ShapeError(
        `${mode}: padding ${Math.max(left, right)} is more than ${longest}, the most that axis ${axis} of ${show(x.shape)} can give`,
      );
    }
    const parts = [left > 0 && border(y, mode, axis, "lo", left), y, right > 0 && border(y, mode, axis, "hi", right)];
    const whole = concat(
      parts.filter((part) => part !== false),
      axis,
    );
    const from = Math.max(-before, 0);
    const to = left + n + right + Math.min(after, 0);
    if (from >= to)
      throw new ShapeError(`${mode}: ${before} and ${after} leave nothing of axis ${axis} of ${show(x.shape)}`);
    return slice(whole, axis, from, to);
  }, x);
}

function border(x: Tensor, mode: "reflect" | "replicate" | "circular", axis: number, side: "lo" | "hi", width: number) {
  const n = x.shape[axis] as number;
  switch (mode) {
    case "reflect":
      return flip(side === "lo" ? slice(x, axis, 1, width + 1) : slice(x, axis, n - 1 - width, n - 1), axis);
    case "replicate":
      return broadcastTo(side === "lo" ? slice(x, axis, 0, 1) : slice(x, axis, n - 1, n), x.shape.with(axis, width));
    case "circular":
      return side === "lo" ? slice(x, axis, n - width, n) : slice(x, axis, 0, width);
  }
}
