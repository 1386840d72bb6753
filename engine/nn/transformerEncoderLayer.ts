import { add, type Tensor } from "../ops/index.ts";
import { bool, choice, instance, int, num, required } from "../params/index.ts";
import { defineLayer, type Layer } from "./definition.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import { gelu } from "./gelu.ts";
import { layerNorm } from "./layerNorm.ts";
import { linear } from "./linear.ts";
import { multiheadAttention } from "./multiheadAttention.ts";
import { relu } from "./relu.ts";

/**
 * PyTorch's TransformerEncoderLayer, batch first, x [N, T, E] -> [N, T, E]; with `causal` it is the block of a decoder-only model:
 *
 *   x = norm1(x + self_attn(x)), x = norm2(x + linear2(activation(linear1(x)))), each term behind + with dropout
 *   normFirst: x = x + self_attn(norm1(x)), x = x + linear2(activation(linear1(norm2(x))))
 */
export const transformerEncoderLayer = defineLayer({
  summary: "Self-attention, then two linear layers at every place; each is added to its input, with layer norms.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.1; normFirst: Xiong et al. 2020, arXiv:2002.04745",
  params: {
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
    causal: bool(false, "Whether a place sees only itself and those before it."),
  },
  positional: "numHeads",
  container: true,
  apply: (scope, x, { numHeads, dimFeedforward, dropout, activation, layerNormEps: eps, normFirst, bias, causal }) => {
    const dropped = (name: string, y: Tensor): Tensor =>
      dropout > 0 ? scope.child(name, instance("dropout", dropoutLayer, { p: dropout }))(y) : y;
    const norm1 = scope.child("norm1", instance("layerNorm", layerNorm, { eps, bias }));
    const norm2 = scope.child("norm2", instance("layerNorm", layerNorm, { eps, bias }));
    const attention = instance("multiheadAttention", multiheadAttention, { numHeads, dropout, bias, causal });
    const attended = (y: Tensor): Tensor => dropped("dropout1", scope.child("self_attn", attention)(y));
    const fed = (y: Tensor): Tensor => {
      const wide = scope.child("linear1", instance("linear", linear, { outFeatures: dimFeedforward, bias }))(y);
      const active = dropped("dropout", scope.child("activation", activations[activation])(wide));
      return dropped(
        "dropout2",
        scope.child("linear2", instance("linear", linear, { outFeatures: x.shape.at(-1), bias }))(active),
      );
    };
    if (normFirst) {
      const y = add(x, attended(norm1(x)));
      return add(y, fed(norm2(y)));
    }
    const y = norm1(add(x, attended(x)));
    return norm2(add(y, fed(y)));
  },
});

const activations: Readonly<Record<"relu" | "gelu" | "geluTanh", Layer>> = {
  relu: instance("relu", relu, {}),
  gelu: instance("gelu", gelu, {}),
  geluTanh: instance("gelu", gelu, { approximate: "tanh" }),
};
