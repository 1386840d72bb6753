import { choice } from "../params/index.ts";
import { rnnGates } from "./cells.ts";
import { defineLayer } from "./definition.ts";
import { hidden, recurrent, recurrentParams } from "./recurrent.ts";

/**
 * x [N, T, C]  ->  y [N, T, H], h [numLayers, N, H], at every time
 *
 *   h' = tanh(x weight_ih^T + bias_ih + h weight_hh^T + bias_hh), or with relu
 *
 * PyTorch's RNN, with batch_first=True. Bidirectional: y [N, T, 2 H], h [2 numLayers, N, H].
 */
export const rnn = defineLayer({
  summary:
    "A state goes along the sequence: at every time tanh of a product with the input and one with the state before.",
  paper: "Elman 1990, Cognitive Science 14(2)",
  params: { ...recurrentParams, nonlinearity: choice("tanh", ["tanh", "relu"], "What the sum goes through.") },
  positional: "hiddenSize",
  inputs: hidden.inputs,
  results: hidden.results,
  apply: (scope, x, options, inputs) =>
    recurrent(
      scope,
      x,
      options,
      { gates: 1, cell: rnnGates(options.nonlinearity), memory: false, summed: true },
      inputs,
    ),
});
