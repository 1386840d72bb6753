import type { BinaryOp, Ref, UnaryOp } from "../backends/launch.ts";
import type { DType, Shape } from "../tensor/index.ts";
import type { Tensor } from "./tensor.ts";

/** Attributes of a node: plain JSON values, so that equal nodes have equal keys. */
export type Attrs = Readonly<Record<string, unknown>>;

/**
 * Everything the engine knows about one primitive, in one place. A primitive has at least: a shape rule, a gradient
 * rule (or none: its result is an integer or bool), a batching rule, a plain f64 loop, and a lowering.
 */
export interface OpRecord<A extends Attrs = Attrs> {
  readonly summary: string;
  /** Shape and dtype of the result. Throws ShapeError. */
  infer(inputs: readonly Tensor[], attrs: A): { shape: Shape; dtype: DType };
  /**
   * Cotangents of the inputs, given `g`, that of the result; null where there is none. Written in tensors, so that
   * gradients have gradients.
   */
  grad?(ctx: GradContext<A>): readonly (Tensor | null)[];
  /**
   * The op over a leading lane axis. `inputs[i]` has that axis when `mapped[i]`; the result must have it. At least one
   * input is mapped.
   */
  batch(inputs: readonly Tensor[], mapped: readonly boolean[], attrs: A, lanes: number): Tensor;
  /** Plain loop in f64 over row-major values (integers and bools as numbers): the test of everything else. */
  reference(inputs: readonly Values[], attrs: A, shape: Shape): Float64Array;
  readonly lower: Lowering<A>;
}

export interface GradContext<A> {
  readonly inputs: readonly Tensor[];
  readonly attrs: A;
  readonly output: Tensor;
  readonly g: Tensor;
}

/** Host values of a tensor in a reference loop, row-major. */
export interface Values {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: Float64Array;
}

/** How the plan turns a node into launches. */
export type Lowering<A extends Attrs = Attrs> =
  /** A value that comes from outside: a named buffer or a scalar of the step. */
  | { kind: "leaf" }
  /**
   * Computed element by element: `emit` gives the value at one coordinate. The plan may compute it where it is used
   * (fusion) or store it. Movement is of this kind too: it reads its input at another coordinate.
   */
  | {
      kind: "element";
      emit(e: Emitter, at: readonly Index[], node: Tensor, attrs: A): Ref;
      /** What computing it again would cost: movement and constants are free. */
      cost: "free" | "cheap" | "costly";
      /** True when the value at a coordinate needs the inputs at that same coordinate only (all shapes equal). */
      pointwise: boolean;
    }
  /** Folds the axes `attrs.axes` of its only input. */
  | { kind: "reduce"; fn: "sum" | "max" | "argmax" }
  /** `contract`: see there. */
  | { kind: "contract" }
  /** Inputs that lie one after the other along `attrs.axis`. */
  | { kind: "concat" }
  /** Written in other ops before planning. */
  | { kind: "expand"; to(inputs: readonly Tensor[], attrs: A): Tensor };

/**
 * A coordinate along one axis: either affine in the launch's axes (known strides, so loads can be vectors), or an i32
 * computed by an instruction. Made and taken apart by the emitter only.
 */
export type Index =
  | { readonly kind: "affine"; readonly offset: number; readonly strides: readonly number[] }
  | { readonly kind: "computed"; readonly ref: Ref };

/** What an `emit` has to write with. All values are refs to instructions of the launch being built. */
export interface Emitter {
  /** Value of `input` (an input of the node) at a coordinate of that input. Outside `mask` the value is `fill`. */
  read(input: Tensor, at: readonly Index[], outside?: { mask: Ref; fill: number }): Ref;
  constant(value: number, dtype: DType): Ref;
  unary(fn: UnaryOp, a: Ref): Ref;
  binary(fn: BinaryOp, a: Ref, b: Ref): Ref;
  select(cond: Ref, a: Ref, b: Ref): Ref;
  cast(a: Ref, dtype: DType): Ref;
  /** Word `index` of the Philox stream (seed, step, stream), u32. */
  philox(seed: Ref, step: Ref, stream: number, index: Index): Ref;

  /** The coordinate as an i32 value. */
  value(at: Index): Ref;
  /** An i32 value as a coordinate. Its range is trusted: clamp where it comes from data. */
  computed(ref: Ref): Index;
  /** `at * scale + offset`. */
  affine(at: Index, scale: number, offset: number): Index;
  /** `a + b`. */
  sum(a: Index, b: Index): Index;
  /** [floor(at / by), at mod by] for at >= 0. Stays affine where the axes allow it. */
  split(at: Index, by: number): readonly [Index, Index];
  /** Row-major position of a coordinate in `shape`. */
  flat(at: readonly Index[], shape: Shape): Index;
  /** Row-major position taken apart into coordinates of `shape`. */
  unflat(at: Index, shape: Shape): readonly Index[];
  /** lo <= at < hi as a bool, or undefined when that always holds. */
  inRange(at: Index, lo: number, hi: number): Ref | undefined;
  /** Conjunction; undefined stands for true. */
  all(...conditions: readonly (Ref | undefined)[]): Ref | undefined;
}
