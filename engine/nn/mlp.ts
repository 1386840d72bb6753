import { ConfigError } from "../errors/index.ts";
import { bool, instance, ints, num, optional, required } from "../params/index.ts";
import { layerOr, oneLayer } from "./children.ts";
import { defineLayer, type Layer } from "./definition.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import { linear } from "./linear.ts";
import { relu } from "./relu.ts";

/** As torchvision's MLP, and with its names: linear, norm, activation and dropout for each size but the last, which is linear and dropout. */
export const mlp = defineLayer({
  summary: "Linear layers with activations between them: nn.mlp([128, 64, 10]) has two hidden layers and 10 outputs.",
  paper: "Rumelhart, Hinton & Williams 1986, Learning Representations by Back-Propagating Errors, Nature 323",
  params: {
    sizes: ints(required, "[1, inf)", "Outputs of the linear layers, the last one's at the end."),
    activation: layerOr(instance("relu", relu, {}), "Behind each linear layer but the last."),
    norm: optional(oneLayer("Between a linear layer and its activation, as nn.layerNorm().")),
    dropout: num(0, "[0, 1]", "Probability of dropping an element, behind each activation and at the end."),
    bias: bool(true, "Whether the linear layers have biases."),
  },
  positional: "sizes",
  container: true,
  validate: ({ sizes }) => {
    if (sizes.length === 0) throw new ConfigError("mlp: takes at least one size");
  },
  apply: (scope, x, { sizes, activation, norm, dropout, bias }) => {
    const drop = instance("dropout", dropoutLayer, { p: dropout });
    const layers = sizes.flatMap((outFeatures, i): Layer[] => {
      const sums = instance("linear", linear, { outFeatures, bias });
      return i === sizes.length - 1 ? [sums, drop] : [sums, ...(norm ? [norm] : []), activation, drop];
    });
    return layers.reduce((y, layer, i) => scope.child(String(i), layer)(y), x);
  },
});
