import { gruGates } from "./cells.ts";
import { defineLayer } from "./definition.ts";
import { hidden, recurrent, recurrentParams } from "./recurrent.ts";

/**
 * x [N, T, C]  ->  y [N, T, H], h [numLayers, N, H], at every time
 *
 *   r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z alike
 *   n = tanh(W_in x + b_in + r (W_hn h + b_hn)),  h' = (1 - z) n + z h
 *
 * PyTorch's GRU, with batch_first=True. The paper lets r act on h before the product. Rows of the weights
 * are in the order r, z, n. Bidirectional: y [N, T, 2 H], h [2 numLayers, N, H].
 */
export const gru = defineLayer({
  summary: "A recurrent layer whose state is kept or replaced by gates that it learns, in one state less than an LSTM.",
  paper: "Cho et al. 2014, arXiv:1406.1078, section 2.3; the reset after the product as in PyTorch",
  params: recurrentParams,
  positional: "hiddenSize",
  inputs: hidden.inputs,
  results: hidden.results,
  apply: (scope, x, options, inputs) =>
    recurrent(scope, x, options, { gates: 3, cell: gruGates, memory: false, summed: false }, inputs),
});
