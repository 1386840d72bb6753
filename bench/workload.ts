import type { Shape } from "../engine/tensor/index.ts";
import type { Layer } from "./network.ts";

/** A whole training job, ready to be given to any engine. Plain JSON. */
export interface Job {
  readonly layers: readonly Layer[];
  readonly data: DataKind;
  /** Cross-entropy of classes (of each position, for tokens), or mean squared error. */
  readonly loss: "crossEntropy" | "mse";
  readonly optimizer: OptimizerKind;
  readonly batch: number;
  /** Examples that are resident; a multiple of the batch, visited in order. */
  readonly examples: number;
  /** Report mean and deviation of what every activation layer gives, in every step. */
  readonly watch: boolean;
}

export type DataKind =
  /** f32 of `shape`, and one of `classes`. */
  | { readonly kind: "classes"; readonly shape: Shape; readonly classes: number }
  /** f32 of `shape`, to be given back. */
  | { readonly kind: "values"; readonly shape: Shape }
  /** `length` tokens, and for each the one after it. */
  | { readonly kind: "tokens"; readonly length: number; readonly vocabulary: number };

/** With the defaults of PyTorch where nothing is said. */
export type OptimizerKind =
  | { readonly kind: "sgd"; readonly lr: number; readonly momentum: number }
  | { readonly kind: "adam"; readonly lr: number }
  | { readonly kind: "adamw"; readonly lr: number; readonly weightDecay: number };

/** A size: a whole number, or a list of them. */
export type Size = number | readonly number[];

/** The sizes of a workload by name: what it is unless said otherwise, and what it is. */
export type Sizes = Readonly<Record<string, { readonly value: Size; readonly doc: string }>>;

type Values<S extends Sizes> = { readonly [K in keyof S]: S[K]["value"] };

/** A workload in one declaration. */
export interface Workload {
  readonly id: string;
  readonly title: string;
  /** What the project wants to be on the wasm backend, at the sizes of the declaration: times the best of PyTorch. */
  readonly goal: number | null;
  readonly sizes: Sizes;
  job(sizes: Readonly<Record<string, Size>>): Job;
}

export const defineWorkload = <const S extends Sizes>(
  given: Omit<Workload, "sizes" | "job"> & { sizes: S; job: (sizes: Widened<S>) => Job },
): Workload => given as unknown as Workload;

/** Numbers for single sizes, lists for lists. */
type Widened<S extends Sizes> = {
  readonly [K in keyof S]: Values<S>[K] extends number ? number : readonly number[];
};

/** The largest multiple of `batch` that is not above `examples`, or one batch. */
export const wholeBatches = (examples: number, batch: number): number =>
  Math.max(1, Math.floor(examples / batch)) * batch;
