import type { Tensor } from "../ops/index.ts";
import { cellParams, hiddenInput, step } from "./cell.ts";
import { lstmGates } from "./cells.ts";
import { defineLayer } from "./definition.ts";

/** x [N, C], h and c [N, H]  ->  h' as the output, and c': one step of nn.lstm, for loops of one's own within nn.module. */
export const lstmCell = defineLayer({
  summary: "One step of an LSTM: gates decide what of the memory is forgotten, written and shown.",
  paper: "Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000",
  params: cellParams,
  positional: "hiddenSize",
  inputs: { ...hiddenInput, c: "Memory before, [N, H]; zeros when not given." },
  results: { c: "Memory after, [N, H]." },
  apply: (scope, x, options, inputs) => {
    const { h, c } = step(scope, x, options, { gates: 4, cell: lstmGates, memory: true }, inputs);
    return { y: h, c: c as Tensor };
  },
});
