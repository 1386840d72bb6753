import type { Tensor } from "../ops/index.ts";
import { bool, instance, int, required, value } from "../params/index.ts";
import type { Layer, Named } from "./definition.ts";
import { layerNorm } from "./layerNorm.ts";
import type { Scope } from "./scope.ts";

/** Options of a stack of layers of one kind. */
export const stackParams = (definition: unknown, type: string) => ({
  layer: value<Layer, typeof required>(
    required,
    { type: "Layer", noun: `a layer, as nn.${type}(4)`, accepts: (given) => isOf(given, definition) },
    "The layer, as often as numLayers, each with parameters of its own.",
  ),
  numLayers: int(6, "[1, inf)", "Layers one after the other."),
  norm: bool(false, "Whether a layer norm follows the last."),
});

const isOf = (given: unknown, definition: unknown): boolean => (given as Layer | null)?.definition === definition;

/** The layers by PyTorch's names: layers.0, layers.1, ..., norm. */
export function stacked(
  scope: Scope,
  x: Tensor,
  { layer, numLayers, norm }: { layer: Layer; numLayers: number; norm: boolean },
  inputs: Partial<Named>,
): Tensor {
  let y = x;
  for (let i = 0; i < numLayers; i++) y = scope.child(`layers.${i}`, layer)(y, inputs);
  if (!norm) return y;
  const { layerNormEps: eps, bias } = layer.options as { layerNormEps: number; bias: boolean };
  return scope.child("norm", instance("layerNorm", layerNorm, { eps, bias }))(y);
}
