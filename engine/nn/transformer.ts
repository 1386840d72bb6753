import { ShapeError } from "../errors/index.ts";
import { init } from "../init/index.ts";
import { bool, instance, int } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { transformerDecoder } from "./transformerDecoder.ts";
import { decoderInputs, transformerDecoderLayer } from "./transformerDecoderLayer.ts";
import { transformerEncoder } from "./transformerEncoder.ts";
import { encoderInputs, transformerEncoderLayer } from "./transformerEncoderLayer.ts";
import { transformerParams } from "./transformerParts.ts";

const { memory: _, ...targetInputs } = decoderInputs;

/**
 * PyTorch's Transformer, batch first: x is the source [N, S, E], tgt the target [N, T, E], both embedded with positions -> [N, T, E];
 * encoder and decoder end in a norm, and all weights are Xavier uniform at first, as PyTorch's. Names encoder.layers.0, ..., decoder.norm.
 *
 * Causal unless told otherwise, where PyTorch wants a tgt_mask.
 */
export const transformer = defineLayer({
  summary: "An encoder that reads one sequence and a decoder that writes another, both of attention alone.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762",
  params: {
    ...transformerParams,
    weight: { ...transformerParams.weight, default: init.xavierUniform() },
    numHeads: int(8, "[1, inf)", "Heads of the attention."),
    numEncoderLayers: int(6, "[1, inf)", "Layers of the encoder."),
    numDecoderLayers: int(6, "[1, inf)", "Layers of the decoder."),
    causal: bool(true, "Whether a place of the target sees only itself and those before it."),
  },
  positional: "numHeads",
  container: true,
  inputs: {
    tgt: "What is written so far, [N, T, E]; must be given.",
    ...encoderInputs,
    ...targetInputs,
  },
  results: { memory: "What the encoder made of the source, [N, S, E]." },
  apply: (scope, x, { numEncoderLayers, numDecoderLayers, causal, ...options }, inputs) => {
    const { tgt, srcMask, srcKeyPaddingMask, ...others } = inputs;
    if (!tgt) throw new ShapeError("tgt is missing; within nn.module: transformer(source, { tgt: target })");
    const encoder = instance("transformerEncoder", transformerEncoder, {
      layer: instance("transformerEncoderLayer", transformerEncoderLayer, options),
      ...{ numLayers: numEncoderLayers, norm: true },
    });
    const decoder = instance("transformerDecoder", transformerDecoder, {
      layer: instance("transformerDecoderLayer", transformerDecoderLayer, { ...options, causal }),
      ...{ numLayers: numDecoderLayers, norm: true },
    });
    const memory = scope.child("encoder", encoder)(x, {
      ...(srcMask && { srcMask }),
      ...(srcKeyPaddingMask && { srcKeyPaddingMask }),
    });
    return { y: scope.child("decoder", decoder)(tgt, { memory, ...others }), memory };
  },
});
