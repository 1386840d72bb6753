import { cellParams, hiddenInput, step } from "./cell.ts";
import { gruGates } from "./cells.ts";
import { defineLayer } from "./definition.ts";

/** x [N, C], h [N, H]  ->  h' [N, H]: one step of nn.gru, for loops of one's own within nn.module. */
export const gruCell = defineLayer({
  summary: "One step of a GRU: gates decide what of the state is kept and what is replaced.",
  paper: "Cho et al. 2014, arXiv:1406.1078, section 2.3; the reset after the product as in PyTorch",
  params: cellParams,
  positional: "hiddenSize",
  inputs: hiddenInput,
  apply: (scope, x, options, inputs) => step(scope, x, options, { gates: 3, cell: gruGates, memory: false }, inputs).h,
});
