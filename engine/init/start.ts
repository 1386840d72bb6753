import type { Checked, Definition, Instance, Params } from "../params/index.ts";
import type { Initializer } from "./definition.ts";

/** First weights of a whole model, by looking at what it makes of a batch: `fit({ from: init.lsuv() })`. */
export interface StartDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Start;
  /** Changes what `model` has drawn, layer by layer. Throws ConfigError naming the layer where that cannot be done. */
  start(model: Probed, options: Checked<P>): Promise<void>;
}

export interface Start extends Instance<StartDefinition> {}

/** A model with drawn weights and a batch to look at. */
export interface Probed {
  /** Paths of the layers that have one matrix or kernel of weights, in the order in which the signal passes. */
  readonly layers: readonly string[];
  /** Draws a layer's weights anew and makes its bias 0. */
  redraw(layer: string, initializer: Initializer): void;
  /** Multiplies a layer's weights. */
  scale(layer: string, factor: number): void;
  /** Variance of all that a layer gives for the batch. */
  variance(layer: string): Promise<number>;
}

/** Declares one. Its name is the one it is exported under in starts.ts. */
export function defineStart<const P extends Params>(definition: StartDefinition<P>): StartDefinition<P> {
  return definition;
}
