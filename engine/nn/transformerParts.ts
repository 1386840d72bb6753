import type { Tensor } from "../ops/index.ts";
import { bool, type Checked, choice, instance, int, num, required } from "../params/index.ts";
import type { Layer } from "./definition.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import { gelu } from "./gelu.ts";
import { weightAndBias } from "./initial.ts";
import { layerNorm } from "./layerNorm.ts";
import { linear } from "./linear.ts";
import { relu } from "./relu.ts";
import type { Scope } from "./scope.ts";

/** Options that the layers of transformers share. */
export const transformerParams = {
  numHeads: int(required, "[1, inf)", "Heads of the attention."),
  dimFeedforward: int(2048, "[1, inf)", "Outputs of the first of the two linear layers."),
  dropout: num(
    0.1,
    "[0, 1]",
    "Probability of dropping, in the attention's weights, after the activation and before each sum.",
  ),
  activation: choice("relu", ["relu", "gelu", "geluTanh"], "Between the two linear layers; geluTanh: gelu by tanh."),
  layerNormEps: num(1e-5, "[0, inf)", "eps of the layer norms."),
  normFirst: bool(false, "Norms before attention and linear layers, as in GPT-2, and not after the sums."),
  bias: bool(true, "Whether linear layers and norms have biases."),
  weight: { ...weightAndBias.weight, doc: "First values of the weights of linear layers." },
};

export type TransformerOptions = Checked<typeof transformerParams>;

const activations: Readonly<Record<"relu" | "gelu" | "geluTanh", Layer>> = {
  relu: instance("relu", relu, {}),
  gelu: instance("gelu", gelu, {}),
  geluTanh: instance("gelu", gelu, { approximate: "tanh" }),
};

/** The pieces of a transformer's layer that are called by name. */
export function pieces(
  scope: Scope,
  { dimFeedforward, dropout, activation, layerNormEps, bias, weight }: TransformerOptions,
) {
  const dropped = (name: string, y: Tensor): Tensor =>
    dropout > 0 ? scope.child(name, instance("dropout", dropoutLayer, { p: dropout }))(y) : y;
  return {
    dropped,
    norm: (name: string) => scope.child(name, instance("layerNorm", layerNorm, { eps: layerNormEps, bias })),
    /** linear2(activation(linear1(y))) with dropout within. */
    fed: (y: Tensor): Tensor => {
      const to = (outFeatures: number): Layer => instance("linear", linear, { outFeatures, bias, weight });
      const wide = scope.child("linear1", to(dimFeedforward))(y);
      const active = dropped("dropout", scope.child("activation", activations[activation])(wide));
      return scope.child("linear2", to(y.shape.at(-1) as number))(active);
    },
  };
}
