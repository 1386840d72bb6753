import type { Tensor } from "../ops/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";

/** What the model made of a batch, and what it should have made. */
export interface Prediction {
  /** f32, as the model gives it: scores before softmax for classes. */
  readonly output: Tensor;
  readonly target: Tensor;
}

/** What training lowers. */
export interface LossDefinition<P extends Params = Params> extends Definition<P> {
  /** What the targets are: class numbers (i32) or numbers of the output's shape (f32). */
  readonly target: "class" | "value";
  /** A scalar, or with reduction "none" one number per element. Throws ShapeError when target does not fit output. */
  compute(prediction: Prediction, options: Checked<P>): Tensor;
}

export type Loss = Instance<LossDefinition>;

/** Declares a loss. Its name is the one it is exported under in all.ts. */
export function defineLoss<const P extends Params>(definition: LossDefinition<P>): LossDefinition<P> {
  return definition;
}
