import type { Tensor } from "../ops/index.ts";
import { bool, int, required } from "../params/index.ts";
import type { Shape } from "../tensor/index.ts";
import { type Gates, project, type State } from "./cells.ts";
import type { Named } from "./definition.ts";
import { firstState, uniformOf } from "./recurrent.ts";
import type { Scope } from "./scope.ts";
import { requireAxes } from "./shapes.ts";

/** Options that cells share. */
export const cellParams = {
  hiddenSize: int(required, "[1, inf)", "Numbers of the hidden state."),
  bias: bool(true, "Whether there are biases, bias_ih and bias_hh."),
};

/** Docs of the further input h. */
export const hiddenInput = { h: "Hidden state before, [N, H]; zeros when not given." } as const;

/** One step of a recurrent layer, x [N, C]; parameters are PyTorch's: weight_ih, weight_hh, bias_ih, bias_hh. */
export function step(
  scope: Scope,
  x: Tensor,
  { hiddenSize, bias }: { hiddenSize: number; bias: boolean },
  { gates, cell, memory }: { gates: number; cell: Gates; memory: boolean },
  given: Partial<Named<"h" | "c">>,
): State {
  requireAxes(x, 2, 2, "[examples, features]");
  const [n, features] = x.shape as [number, number];
  const parameter = (name: string, shape: Shape) => scope.parameter(name, shape, uniformOf(hiddenSize));
  const before: State = {
    h: firstState("h", given.h, [n, hiddenSize]),
    ...(memory && { c: firstState("c", given.c, [n, hiddenSize]) }),
  };
  const rows = gates * hiddenSize;
  const inputWeight = parameter("weight_ih", [rows, features]);
  const hiddenWeight = parameter("weight_hh", [rows, hiddenSize]);
  const [inputBias, hiddenBias] = bias ? [parameter("bias_ih", [rows]), parameter("bias_hh", [rows])] : [];
  return cell(project(x, inputWeight, inputBias), project(before.h, hiddenWeight, hiddenBias), before);
}
