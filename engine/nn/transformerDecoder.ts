import { defineLayer } from "./definition.ts";
import { decoderInputs, transformerDecoderLayer } from "./transformerDecoderLayer.ts";
import { stacked, stackParams } from "./transformerStack.ts";

/** PyTorch's TransformerDecoder, batch first: x [N, T, E], memory [N, S, E] -> [N, T, E]; names layers.0, ..., norm. */
export const transformerDecoder = defineLayer({
  summary:
    "Layers of nn.transformerDecoderLayer one after the other, all looking at one memory, and a last norm if wanted.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.1",
  params: stackParams(transformerDecoderLayer, "transformerDecoderLayer"),
  positional: "layer",
  container: true,
  inputs: decoderInputs,
  apply: stacked,
});
