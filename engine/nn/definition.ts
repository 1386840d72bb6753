import type { Tensor } from "../ops/index.ts";
import type { Checked, Definition, Instance, Params } from "../params/index.ts";
import type { Scope } from "./scope.ts";

/** A layer: how its output comes from its input. It holds no numbers; sizes are taken from the input. */
export interface LayerDefinition<P extends Params = Params> extends Definition<P> {
  /** Traced once for each use. Throws ShapeError when the input does not fit. */
  apply(scope: Scope, x: Tensor, options: Checked<P>): Tensor;
  /** Of a layer over tokens: how many there are. The data's are held against it before training. */
  tokens?(options: Checked<P>): number;
  /** Made of other layers. */
  readonly container?: true;
}

/** A layer with its options: `{ type: "linear", options: { outFeatures: 10, ... } }`. */
export type Layer = Instance<LayerDefinition>;

/** Declares a layer. Its name is the one it is exported under in all.ts. */
export function defineLayer<const P extends Params, const N extends string = never>(
  definition: LayerDefinition<P> & { readonly positional?: N },
): LayerDefinition<P> & { readonly positional: N } {
  return definition as LayerDefinition<P> & { readonly positional: N };
}
