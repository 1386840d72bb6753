import { ShapeError } from "../errors/index.ts";
import { add, type Tensor } from "../ops/index.ts";
import { bool, instance } from "../params/index.ts";
import { maskInputs } from "./attentionWeights.ts";
import { defineLayer } from "./definition.ts";
import { multiheadAttention } from "./multiheadAttention.ts";
import { pieces, transformerParams } from "./transformerParts.ts";

/** What a decoder takes besides the places that are written so far. */
export const decoderInputs = {
  memory: "What the encoder made of the source, [N, S, E]; must be given.",
  tgtMask: maskInputs.attnMask,
  memoryMask: maskInputs.attnMask,
  tgtKeyPaddingMask: maskInputs.keyPaddingMask,
  memoryKeyPaddingMask: maskInputs.keyPaddingMask,
} as const;

/**
 * PyTorch's TransformerDecoderLayer, batch first, x [N, T, E] and memory [N, S, E] -> [N, T, E]:
 *
 *   x = norm1(x + self_attn(x)), x = norm2(x + multihead_attn(x, memory)), x = norm3(x + linear2(activation(linear1(x))))
 *   normFirst: the norms before attention and linear layers
 *
 * Causal unless told otherwise, where PyTorch wants a tgt_mask: a decoder that sees what it is to write learns nothing.
 */
export const transformerDecoderLayer = defineLayer({
  summary: "Causal self-attention, attention to what an encoder has made, two linear layers; each added to its input.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.1; normFirst: Xiong et al. 2020, arXiv:2002.04745",
  params: { ...transformerParams, causal: bool(true, "Whether a place sees only itself and those before it.") },
  positional: "numHeads",
  container: true,
  inputs: decoderInputs,
  apply: (scope, x, options, inputs) => {
    const { numHeads, dropout, bias, weight, causal, normFirst } = options;
    const { memory, tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask } = inputs;
    if (!memory) throw new ShapeError("memory is missing; within nn.module: decoder(x, { memory: encoder(source) })");
    const { norm, fed, dropped } = pieces(scope, options);
    const attention = (causal: boolean) =>
      instance("multiheadAttention", multiheadAttention, { numHeads, dropout, bias, weight, causal });
    const masks = (attnMask?: Tensor, keyPaddingMask?: Tensor) => ({
      ...(attnMask && { attnMask }),
      ...(keyPaddingMask && { keyPaddingMask }),
    });
    const own = (y: Tensor): Tensor =>
      dropped("dropout1", scope.child("self_attn", attention(causal))(y, masks(tgtMask, tgtKeyPaddingMask)));
    const crossed = (y: Tensor): Tensor => {
      const given = { key: memory, value: memory, ...masks(memoryMask, memoryKeyPaddingMask) };
      return dropped("dropout2", scope.child("multihead_attn", attention(false))(y, given));
    };
    const forward = (y: Tensor): Tensor => dropped("dropout3", fed(y));
    return [own, crossed, forward].reduce((y, part, i) => {
      const normed = norm(`norm${i + 1}`);
      return normFirst ? add(y, part(normed(y))) : normed(add(y, part(y)));
    }, x);
  },
});
