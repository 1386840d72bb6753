import { defineLayer } from "./definition.ts";
import { encoderInputs, transformerEncoderLayer } from "./transformerEncoderLayer.ts";
import { stacked, stackParams } from "./transformerStack.ts";

/** PyTorch's TransformerEncoder, batch first: x [N, S, E] -> [N, S, E], with names layers.0, layers.1, ..., norm. */
export const transformerEncoder = defineLayer({
  summary: "Layers of nn.transformerEncoderLayer one after the other, and a last norm if wanted.",
  paper: "Vaswani et al. 2017, arXiv:1706.03762, section 3.1",
  params: stackParams(transformerEncoderLayer, "transformerEncoderLayer"),
  positional: "layer",
  container: true,
  inputs: encoderInputs,
  apply: stacked,
});
