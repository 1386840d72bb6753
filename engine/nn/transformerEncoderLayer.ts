import { add, type Tensor } from "../ops/index.ts";
import { bool, instance } from "../params/index.ts";
import { maskInputs } from "./attentionWeights.ts";
import { defineLayer } from "./definition.ts";
import { multiheadAttention } from "./multiheadAttention.ts";
import { pieces, transformerParams } from "./transformerParts.ts";

/** Masks of an encoder. */
export const encoderInputs = { srcMask: maskInputs.attnMask, srcKeyPaddingMask: maskInputs.keyPaddingMask } as const;

/**
 * PyTorch's TransformerEncoderLayer, batch first, x [N, T, E] -> [N, T, E]; with `causal` it is the block of a decoder-only model:
 *
 *   x = norm1(x + self_attn(x)), x = norm2(x + linear2(activation(linear1(x)))), each term behind + with dropout
 *   normFirst: x = x + self_attn(norm1(x)), x = x + linear2(activation(linear1(norm2(x))))
 */
export const transformerEncoderLayer = defineLayer({
  summary: "Self-attention, then two linear layers at every place; each is added to its input, with layer norms.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.1; normFirst: Xiong et al. 2020, arXiv:2002.04745",
  params: { ...transformerParams, causal: bool(false, "Whether a place sees only itself and those before it.") },
  positional: "numHeads",
  container: true,
  inputs: encoderInputs,
  apply: (scope, x, options, { srcMask, srcKeyPaddingMask }) => {
    const { numHeads, dropout, bias, weight, causal, normFirst } = options;
    const { norm, fed, dropped } = pieces(scope, options);
    const attention = instance("multiheadAttention", multiheadAttention, { numHeads, dropout, bias, weight, causal });
    const masks = {
      ...(srcMask && { attnMask: srcMask }),
      ...(srcKeyPaddingMask && { keyPaddingMask: srcKeyPaddingMask }),
    };
    const attended = (y: Tensor): Tensor => dropped("dropout1", scope.child("self_attn", attention)(y, masks));
    const forward = (y: Tensor): Tensor => dropped("dropout2", fed(y));
    const [norm1, norm2] = [norm("norm1"), norm("norm2")];
    if (normFirst) {
      const y = add(x, attended(norm1(x)));
      return add(y, forward(norm2(y)));
    }
    const y = norm1(add(x, attended(x)));
    return norm2(add(y, forward(y)));
  },
});
