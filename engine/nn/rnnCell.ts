import { choice } from "../params/index.ts";
import { cellParams, hiddenInput, step } from "./cell.ts";
import { rnnGates } from "./cells.ts";
import { defineLayer } from "./definition.ts";

/** x [N, C], h [N, H]  ->  h' [N, H]: one step of nn.rnn, for loops of one's own within nn.module. */
export const rnnCell = defineLayer({
  summary: "One step of a recurrent layer: tanh of a product with the input and one with the state before.",
  paper: "Elman 1990, Cognitive Science 14(2)",
  params: { ...cellParams, nonlinearity: choice("tanh", ["tanh", "relu"], "What the sum goes through.") },
  positional: "hiddenSize",
  inputs: hiddenInput,
  apply: (scope, x, options, inputs) =>
    step(scope, x, options, { gates: 1, cell: rnnGates(options.nonlinearity), memory: false }, inputs).h,
});
