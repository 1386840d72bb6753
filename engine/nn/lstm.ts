import { ConfigError } from "../errors/index.ts";
import { int } from "../params/index.ts";
import { lstmGates } from "./cells.ts";
import { defineLayer } from "./definition.ts";
import { hidden, recurrent, recurrentParams } from "./recurrent.ts";

/**
 * x [N, T, C]  ->  y [N, T, H], h and c [numLayers, N, H], at every time
 *
 *   i = sigmoid(W_ii x + b_ii + W_hi h + b_hi), f and o alike, g with tanh
 *   c' = f c + i g,  h' = o tanh(c'), and with projSize h' = W_hr (o tanh(c'))
 *
 * PyTorch's LSTM, with batch_first=True. Rows of the weights are in the order i, f, g, o.
 * Bidirectional: y [N, T, 2 H], h and c [2 numLayers, N, H].
 */
export const lstm = defineLayer({
  summary: "A recurrent layer with a memory: gates that it learns decide what is forgotten, written and shown.",
  paper: "Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000; projection: Sak et al. 2014, arXiv:1402.1128",
  params: {
    ...recurrentParams,
    projSize: int(0, "[0, inf)", "Numbers that the state h is projected to; 0: it is not."),
  },
  positional: "hiddenSize",
  validate: ({ projSize, hiddenSize }) => {
    if (projSize < hiddenSize) return;
    throw new ConfigError(`lstm: projSize = ${projSize} is not below hiddenSize = ${hiddenSize}`);
  },
  inputs: { ...hidden.inputs, c: "First memory, [layers, N, H]; zeros when not given." },
  results: { ...hidden.results, c: "Memories at the end, [layers, N, H]." },
  apply: (scope, x, options, inputs) => {
    const { y, h, c } = recurrent(
      ...([scope, x, options] as const),
      { gates: 4, cell: lstmGates, memory: true, summed: true, projSize: options.projSize },
      inputs,
    );
    return { y, h, c: c as typeof h };
  },
});
