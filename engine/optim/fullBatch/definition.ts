import type { Checked, Params } from "../../params/index.ts";
import type { Optimizer, OptimizerDefinition } from "../definition.ts";

/**
 * A method for full-batch work: it looks at the loss of the whole training set as one function of the weights, at as many
 * places as it likes, and does its algebra on the host in f64. One call of `step` is one step of a run.
 */
export interface FullBatchDefinition<P extends Params = Params> extends OptimizerDefinition<P> {
  /** From weights `x` to better ones. What it remembers goes in and comes out: nothing is kept between calls. */
  step(at: Standpoint<P>): Promise<Outcome>;
}

/** Where a step begins. Vectors have one number for each parameter. */
export interface Standpoint<P extends Params = Params> {
  readonly x: Float64Array;
  readonly problem: Problem;
  /** What the step before left; empty at first. */
  readonly memory: Memory;
  readonly options: Checked<P>;
}

/** The loss of the whole training set as a function of the weights. Each call passes over all examples. */
export interface Problem {
  readonly size: number;
  loss(x: Float64Array): Promise<number>;
  evaluate(x: Float64Array): Promise<Evaluation>;
  /** The Hessian at `x` times `v`: about two evaluations. */
  product(x: Float64Array, v: Float64Array): Promise<Float64Array>;
}

export interface Evaluation {
  readonly loss: number;
  readonly gradient: Float64Array;
}

/** What a method remembers between steps: checkpoints keep vectors in f32 and numbers in f64. */
export interface Memory {
  readonly vectors: Readonly<Record<string, Float64Array>>;
  readonly numbers: Readonly<Record<string, number>>;
}

export const nothing: Memory = { vectors: {}, numbers: {} };

export interface Outcome {
  readonly x: Float64Array;
  readonly memory: Memory;
  /** At the weights that the step began with. */
  readonly before: Evaluation;
}

/** Declares a full-batch method. Its name is the one it is exported under in all.ts. */
export function defineFullBatch<const P extends Params>(
  definition: Omit<FullBatchDefinition<P>, "state" | "update">,
): FullBatchDefinition<P> {
  return { ...definition, state: [], update: ({ p }) => ({ p }) };
}

/** An optimizer that is a full-batch method. */
export type FullBatch = Optimizer & { readonly definition: FullBatchDefinition };

export const isFullBatch = (optimizer: Optimizer): optimizer is FullBatch =>
  typeof (optimizer.definition as Partial<FullBatchDefinition>).step === "function";
