import { ShapeError } from "../errors/index.ts";
import { init } from "../init/index.ts";
import { add, concat, constant, flip, matmul, permute, reshape, slice, type Tensor, transpose } from "../ops/index.ts";
import { bool, choice, instance, int, num, required } from "../params/index.ts";
import { type Shape, sameShape, show } from "../tensor/index.ts";
import { type Gates, project, type State } from "./cells.ts";
import type { Named } from "./definition.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import type { Scope } from "./scope.ts";
import { requireAxes } from "./shapes.ts";

/** Options that recurrent layers share. */
export const recurrentParams = {
  hiddenSize: int(required, "[1, inf)", "Numbers of the hidden state."),
  numLayers: int(1, "[1, inf)", "Layers one above the other, each reading the states of the one below."),
  bias: bool(true, "Whether there are biases, bias_ih and bias_hh."),
  dropout: num(0, "[0, 1]", "Probability of dropping a state on its way to the layer above."),
  bidirectional: bool(false, "Whether a second layer reads from the end; the states lie side by side."),
  returns: choice(
    "sequence",
    ["sequence", "last"],
    "The output y: states at all times, or those that are left at the end.",
  ),
};

/** Docs of the further inputs and results. */
export const hidden = {
  inputs: { h: "First hidden state, [layers, N, H], forward before backward for each layer; zeros when not given." },
  results: { h: "Hidden states at the end, [layers, N, H]." },
} as const;

export interface Recurrent {
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly returns: "sequence" | "last";
}

interface Kind {
  /** How many blocks of hiddenSize rows the weights have. */
  readonly gates: number;
  readonly cell: Gates;
  /** Whether the state has a memory c. */
  readonly memory: boolean;
  /** Whether all gates take the input's share and the hidden state's as a sum alone, so that both biases are one. */
  readonly summed: boolean;
  /** Size of the projected hidden state; 0 for none. */
  readonly projSize?: number;
}

/**
 * A recurrent layer over time: what the input gives to the gates is one product for all times; then each step is one product
 * with weight_hh and the gates. Parameters are PyTorch's: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_hr_l0
 * with a projection; `_l1` for the layer above, `_reverse` for the one that reads from the end; all U(-b, b) at first,
 * b = 1 / sqrt(hiddenSize).
 */
export function recurrent(
  scope: Scope,
  x: Tensor,
  options: Recurrent,
  { gates, cell, memory, summed, projSize = 0 }: Kind,
  given: Partial<Named<"h" | "c">>,
): { y: Tensor; h: Tensor; c?: Tensor } {
  const { hiddenSize, numLayers, bias, dropout, bidirectional, returns } = options;
  requireAxes(x, 3, 3, "[examples, times, features]");
  const timeFirst = permute(x, [1, 0, 2]);
  const [times, n] = timeFirst.shape as [number, number, number];
  if (times === 0) throw new ShapeError(`${show(x.shape)} has no times`);
  const outSize = projSize || hiddenSize;
  const directions = bidirectional ? ["", "_reverse"] : [""];
  const count = numLayers * directions.length;
  const first = {
    h: firstState("h", given.h, [count, n, outSize]),
    ...(memory && { c: firstState("c", given.c, [count, n, hiddenSize]) }),
  };
  const biasesOf = (inputBias: Tensor, hiddenBias: Tensor) =>
    summed ? { inputBias: add(inputBias, hiddenBias) } : { inputBias, hiddenBias };
  const last: State[] = [];
  let below = timeFirst;
  for (let layer = 0; layer < numLayers; layer++) {
    if (layer > 0 && dropout > 0) {
      const dropped = instance("dropout", dropoutLayer, { p: dropout });
      below = scope.child(`dropout${layer}`, dropped)(below);
    }
    const read = directions.map((direction) => {
      const parameter = (name: string, shape: Shape) =>
        scope.parameter(`${name}_l${layer}${direction}`, shape, uniformOf(hiddenSize));
      const at = last.length;
      const turned = (all: Tensor): Tensor => (direction ? flip(all, 0) : all);
      const states = unroll(turned(below), {
        cell,
        first: { h: stateAt(first.h, at), ...(first.c && { c: stateAt(first.c, at) }) },
        inputWeight: parameter("weight_ih", [gates * hiddenSize, below.shape[2] as number]),
        hiddenWeight: parameter("weight_hh", [gates * hiddenSize, outSize]),
        ...(bias && biasesOf(parameter("bias_ih", [gates * hiddenSize]), parameter("bias_hh", [gates * hiddenSize]))),
        projection: projSize ? parameter("weight_hr", [projSize, hiddenSize]) : undefined,
      });
      last.push(states.at(-1) as State);
      return turned(stack(states.map(({ h }) => h)));
    });
    below = concat(read, 2);
  }
  const top = last.slice(-directions.length).map(({ h }) => h);
  const y = returns === "last" ? concat(top, 1) : permute(below, [1, 0, 2]);
  const c = memory ? { c: stack(last.map((state) => state.c as Tensor)) } : {};
  return { y, h: stack(last.map(({ h }) => h)), ...c };
}

interface Unroll {
  readonly cell: Gates;
  readonly first: State;
  readonly inputWeight: Tensor;
  readonly hiddenWeight: Tensor;
  readonly inputBias?: Tensor;
  readonly hiddenBias?: Tensor;
  readonly projection: Tensor | undefined;
}

/** The states of one layer at every time of x [T, N, C]. */
function unroll(x: Tensor, { cell, first, ...of }: Unroll): State[] {
  const fromInput = project(x, of.inputWeight, of.inputBias);
  const states: State[] = [];
  let state = first;
  for (let t = 0; t < (x.shape[0] as number); t++) {
    const made = cell(stateAt(fromInput, t), project(state.h, of.hiddenWeight, of.hiddenBias), state);
    state = of.projection ? { ...made, h: matmul(made.h, transpose(of.projection)) } : made;
    states.push(state);
  }
  return states;
}

/** U(-b, b) with b = 1 / sqrt(hiddenSize): PyTorch's first values of all weights and biases of recurrent layers. */
export function uniformOf(hiddenSize: number) {
  const bound = 1 / Math.sqrt(hiddenSize);
  return init.uniform({ low: -bound, high: bound });
}

/** A first state of the wanted shape: zeros where none is given. */
export function firstState(name: string, given: Tensor | undefined, shape: Shape): Tensor {
  if (!given) return constant(0, shape);
  if (sameShape(given.shape, shape) && given.dtype === "f32") return given;
  throw new ShapeError(`the first ${name} is ${show(given.shape)} ${given.dtype}, not ${show(shape)} f32`);
}

/** [A, ...rest] -> [...rest] at one place. */
const stateAt = (all: Tensor, i: number): Tensor => reshape(slice(all, 0, i, i + 1), all.shape.slice(1));

/** Tensors [...rest] along a new first axis. */
const stack = (parts: readonly Tensor[]): Tensor => concat(parts.map((t) => reshape(t, [1, ...t.shape])));
