import type { DType } from "../tensor/index.ts";

/**
 * What a plan is made of: a fixed list of launches over numbered buffers, each a loop nest that reads strided views.
 * Three kinds are enough for everything: `map` (elementwise, movement, random), `reduce` (folds in phases, with what
 * leads up to them and follows from them) and `contract` (matrix products and convolutions). Each backend turns a launch into its own code;
 * `interpret.ts` runs it as plain loops, which is what both are tested against.
 *
 * Iteration: a launch has an iteration space, a list of axis lengths, row-major (the last axis runs fastest).
 * A view maps coordinates to a word of a buffer: `offset + sum(coordinate[i] * strides[i])`, plus `index * indexStride`
 * for views with a computed index. All numbers count 32-bit words.
 */

/** What a launch is for: a layer by its path, "0.conv2d", the loss, the optimizer; and which way values flow there. */
export interface Part {
  readonly name: string;
  readonly direction?: "forward" | "backward";
}

/** A strided view of a buffer over a launch's iteration space. Strides may be 0 (broadcast) or negative (flip). */
export interface View {
  readonly buffer: number;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly dtype: DType;
}

/** Index of an earlier instruction in the same list. */
export type Ref = number;

/** On f32, but for `not`, which is on bool; `isFinite` gives bool. */
export type UnaryOp = FloatOp | "not" | "isFinite";
type FloatOp = "neg" | "abs" | "sign" | "floor" | "exp" | "log" | "sqrt" | "sin" | "cos" | "tanh" | "sigmoid" | "erf";

export type BinaryOp = ArithmeticOp | CompareOp | "mod" | "and" | "or"; // mod: i32 and u32, sign of the dividend; and, or: bool
/** f32; i32 and u32 too except `pow`. Integer `div` truncates. */
type ArithmeticOp = "add" | "sub" | "mul" | "div" | "pow" | "max" | "min";
/** Any numeric dtype (`equal`: bool too) to bool. */
type CompareOp = "equal" | "less" | "lessEqual";

/**
 * One instruction of a launch's straight-line code, in static single assignment: its position is its name.
 * `dtype` is the dtype of the result. f32 arithmetic rounds to nearest; NaN propagates through max and min.
 */
export type Instr =
  /**
   * Reads `views[view]`. `index`: an i32 added to the address as `index * indexStride`; it is clamped to
   * [0, indexSize - 1] first, so that a bad index cannot leave the buffer. `mask`: a bool; where it is false nothing is
   * read and the result is `fill`.
   */
  | {
      op: "load";
      view: number;
      dtype: DType;
      index?: Ref;
      indexStride?: number;
      indexSize?: number;
      mask?: Ref;
      fill?: number;
    }
  /** Word `slot` of the step's scalar block. */
  | { op: "scalar"; slot: number; dtype: DType }
  | { op: "const"; value: number; dtype: DType }
  /** `offset + sum(coordinate[i] * strides[i])` as i32. */
  | { op: "index"; offset: number; strides: readonly number[]; dtype: "i32" }
  | { op: "unary"; fn: UnaryOp; a: Ref; dtype: DType }
  | { op: "binary"; fn: BinaryOp; a: Ref; b: Ref; dtype: DType }
  | { op: "select"; cond: Ref; a: Ref; b: Ref; dtype: DType }
  /** f32 to i32/u32 truncates and saturates; bool to number gives 0 or 1; number to bool is `!= 0`. */
  | { op: "cast"; a: Ref; dtype: DType }
  /**
   * Word `index % 4` of Philox4x32-10 with counter (index / 4, step, stream, 0) and key (seed, 0x1BD11BDA).
   * All four are u32 refs or numbers known when the plan was made (random/philox.ts is the definition).
   */
  | { op: "philox"; seed: Ref; step: Ref; stream: number; index: Ref; dtype: "u32" }
  /** In later phases and the epilogue of a reduce launch: the value of accumulator `acc`, counted through its phases. */
  | { op: "acc"; acc: number; dtype: DType };

/** Writes instruction `value` to `view`; with `index`, at `index * indexStride` words further (no clamping: trusted). */
export interface Store {
  readonly view: View;
  readonly value: Ref;
  readonly index?: Ref;
  readonly indexStride?: number;
}

/**
 * out[i] = code(i) for every i of `shape`. All loads of one coordinate happen before its stores, so a store may
 * overwrite a view that is loaded at the same coordinates (in-place update); the plan guarantees that no other
 * coordinate reads a word that the launch stores.
 */
export interface MapLaunch {
  readonly kind: "map";
  readonly label: string;
  readonly part?: Part;
  readonly shape: readonly number[];
  readonly views: readonly View[];
  readonly code: readonly Instr[];
  readonly stores: readonly Store[];
}

/** What is folded into one number per coordinate of `outer`. `dtype` is that of the result. */
export interface Accumulator {
  readonly fn: "sum" | "max" | "argmax";
  readonly value: Ref;
  readonly dtype: DType;
}

/**
 * One walk over the inner axes: as a map over [...outer, ...inner], and its values may be folded too. `views` and
 * `stores` have strides over [...outer, ...inner].
 */
export interface Phase {
  readonly views: readonly View[];
  readonly code: readonly Instr[];
  readonly accumulators: readonly Accumulator[];
  readonly stores: readonly Store[];
}

/**
 * For every coordinate of `outer`: the phases in order, each over all coordinates of `inner`, then `epilogue` and its
 * stores. Accumulators:
 *   sum     0 to begin with; any order that depends only on the plan and the backend (never on timing)
 *   max     -Infinity to begin with (i32: -2^31); NaN wins
 *   argmax  row-major position within `inner` of the first maximum, i32; the first NaN wins
 * Later phases may use them, and may load what earlier phases stored, at the same coordinates. As in a map a store may
 * overwrite what is loaded at the same coordinates only; no other coordinate reads a word that the launch stores.
 * `epilogueViews` and `stores` have strides over `outer`.
 */
export interface ReduceLaunch {
  readonly kind: "reduce";
  readonly label: string;
  readonly part?: Part;
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  readonly phases: readonly Phase[];
  readonly epilogueViews: readonly View[];
  readonly epilogue: readonly Instr[];
  readonly stores: readonly Store[];
}

/**
 * out[b, m, n] = sum over k of a[b, m, k] * b[b, k, n], f32, where b, m, n, k are groups of axes (a convolution has
 * k = [channels, kh, kw] over an overlapping view). Strides of `a` are over [...batch, ...m, ...k], of `b` over
 * [...batch, ...k, ...n], of `out` over [...batch, ...m, ...n]. `out` never overlaps `a` or `b`.
 * K may be 0 elements: out is 0.
 */
export interface ContractLaunch {
  readonly kind: "contract";
  readonly label: string;
  readonly part?: Part;
  readonly batch: readonly number[];
  readonly m: readonly number[];
  readonly n: readonly number[];
  readonly k: readonly number[];
  readonly a: View;
  readonly b: View;
  readonly out: View;
}

export type Launch = MapLaunch | ReduceLaunch | ContractLaunch;

/** A buffer of a plan: `name` is set for those the caller provides (parameters, data); the others are scratch. */
export interface PlanBuffer {
  readonly words: number;
  readonly name?: string;
}

/**
 * A step: launches in order over buffers. Scratch buffers start undefined and may be reused from step to step.
 * `rows`: the buffer (one of `buffers`) that collects `rowWords` words per step; the launches store there at
 * `scalar[ROW_SLOT] * rowWords`, so that one read-back fetches the rows of many steps.
 */
export interface Plan {
  readonly label: string;
  readonly buffers: readonly PlanBuffer[];
  readonly launches: readonly Launch[];
  /** Words per step in the scalar block; slot ROW_SLOT is filled in by the backend. */
  readonly scalarWords: number;
  readonly rowWords: number;
  /** Index into `buffers`, or -1 when the step makes no rows. Its size is for MAX_STEPS_PER_SUBMIT steps. */
  readonly rows: number;
}

/** Scalar slot 0 always holds the step's number within its submit, as i32. */
export const ROW_SLOT = 0;

/** Steps that one submit can take; the rows buffer has room for so many. */
export const MAX_STEPS_PER_SUBMIT = 1024;

/** Steps that one submit of the plan can take: its ring of rows may be smaller. */
export function mostSteps({ buffers, rows, rowWords }: Pick<Plan, "buffers" | "rows" | "rowWords">): number {
  const room = rows < 0 || rowWords === 0 ? MAX_STEPS_PER_SUBMIT : (buffers[rows] as PlanBuffer).words / rowWords;
  return Math.min(MAX_STEPS_PER_SUBMIT, Math.floor(room));
}
