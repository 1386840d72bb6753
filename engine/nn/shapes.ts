import { ShapeError } from "../errors/index.ts";
import type { Tensor } from "../ops/index.ts";
import { show } from "../tensor/index.ts";

/** Throws ShapeError unless x is f32 with `least` to `most` axes; `wanted` shows them. */
export function requireAxes(x: Tensor, least: number, most: number, wanted: string): void {
  if (x.dtype !== "f32") throw new ShapeError(`takes f32 numbers, not ${x.dtype}`);
  if (x.rank >= least && x.rank <= most) return;
  const hint = least === 4 ? "; give the examples the shape [C, H, W] first, as with data.reshape([1, 8, 8])" : "";
  throw new ShapeError(`takes ${wanted}, not ${show(x.shape)}${hint}`);
}

/** Throws ShapeError unless x is f32 with the axes [N, C] and so many more. */
export function requireImages(x: Tensor, axes: number): void {
  const wanted = ["sequences [N, C, L]", "images [N, C, H, W]", "volumes [N, C, D, H, W]"][axes - 1] ?? "";
  requireAxes(x, axes + 2, axes + 2, wanted);
}
