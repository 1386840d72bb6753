import type { Tensor } from "../ops/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";

/** A place on a surface: [x, y]. */
export type Point = readonly [x: number, y: number];

/**
 * A loss of two parameters that can be looked at as a whole. It is written in tensors, so its gradient and its curvature
 * come from the engine, and an optimizer walks on it as it trains a model.
 */
export interface SurfaceDefinition<P extends Params = Params> extends Definition<P> {
  /** The function as text: `(1 - x)^2 + 100 (y - x^2)^2`. */
  formula(options: Checked<P>): string;
  /** What is drawn: [low, high] of either axis. */
  domain(options: Checked<P>): { readonly x: Point; readonly y: Point };
  /** Where races begin. */
  start(options: Checked<P>): Point;
  /** Every place of lowest loss; none where it falls for ever. */
  minima(options: Checked<P>): readonly Point[];
  /** What is special about it, in a few words with numbers, where its curvature at the minimum does not tell. */
  finding?(options: Checked<P>): string;
  /** The loss at x and y, tensors of one shape. */
  loss(at: { readonly x: Tensor; readonly y: Tensor }, options: Checked<P>): Tensor;
}

/** Declares a surface. Its name is the one it is exported under in all.ts. */
export function defineSurface<const P extends Params>(definition: SurfaceDefinition<P>): SurfaceDefinition<P> {
  return definition;
}

/** A surface with its options: `{ type: "ravine", options: { condition: 10 } }`. */
export type SurfaceInstance = Instance<SurfaceDefinition>;
