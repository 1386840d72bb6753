import type { Tensor } from "../ops/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";
import type { Shape } from "../tensor/index.ts";

/** What an augmentation draws from: the step's noise, so that the same seed gives the same pictures. */
export interface Draws {
  /** Whether the batch is trained on: what is drawn by chance is left out otherwise. */
  readonly training: boolean;
  /** New numbers in [0, 1) for every call, step and example. */
  uniform(shape: Shape): Tensor;
}

/**
 * A change of the examples of a batch, part of every step on the device. What is drawn by chance changes training batches
 * only; what is not (normalize, resize) changes those of validation, test and predictions too.
 */
export interface AugmentationDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Augmentation;
  /** `x` [N, ...] changed; its shape in evaluation is that in training. Throws ShapeError when x does not fit. */
  apply?(draws: Draws, x: Tensor, options: Checked<P>): Tensor;
  /** In place of `apply`: mixes every example with another of the batch, and so their targets. Training only. */
  mix?(draws: Draws, x: Tensor, options: Checked<P>): Mixed;
}

/** Examples mixed with others of their batch. */
export interface Mixed {
  readonly x: Tensor;
  /** Share of each example itself in its mixture, a scalar; the rest is of the example before it in the batch. */
  readonly share: Tensor;
}

export interface Augmentation extends Instance<AugmentationDefinition> {}

/** Declares an augmentation. Its name is the one it is exported under in all.ts. */
export function defineAugmentation<const P extends Params, const N extends string = never>(
  definition: AugmentationDefinition<P> & { readonly positional?: N },
): AugmentationDefinition<P> & { readonly positional: N } {
  return definition as AugmentationDefinition<P> & { readonly positional: N };
}
