import { ShapeError } from "../errors/index.ts";
import { axisOf, type Shape } from "../tensor/index.ts";

/** One axis, several, or all when not given; negative ones count from the end. */
export type Axes = number | readonly number[] | undefined;

/** The axes as sorted positions. Throws ShapeError naming `op` when one is not there or is named twice. */
export function axesOf(op: string, axes: Axes, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => axisOf(op, axis, rank));
  const sorted = [...list].sort((a, b) => a - b);
  if (new Set(sorted).size !== sorted.length)
    throw new ShapeError(`${op}: axes [${list.join(", ")}] name one axis twice`);
  return sorted;
}

/** `shape` without `axes`. */
export const reducedShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.filter((_, axis) => !axes.includes(axis));

/** `shape` with 1 at `axes`. */
export const keptShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((d, axis) => (axes.includes(axis) ? 1 : d));

/** `shape` with 1 everywhere but at `axes`. */
export const shapeAlong = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((d, axis) => (axes.includes(axis) ? d : 1));

/** The same axes behind a new leading lane axis. */
export const laneAxes = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

/** [0, 1, ..., n - 1]. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
