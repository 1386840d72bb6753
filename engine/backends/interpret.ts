import { KEY_1, philox4x32 } from "../random/index.ts";
import { sizeOf, type TypedArray, viewAs } from "../tensor/index.ts";
import type {
  Accumulator,
  ContractLaunch,
  Instr,
  Launch,
  MapLaunch,
  Plan,
  ReduceLaunch,
  Store,
  View,
} from "./launch.ts";

export interface InterpretOptions {
  /** Keep f64 between the instructions of a launch instead of rounding each one to f32. Stores always round. */
  readonly exact?: boolean;
}

/**
 * Runs one step of a plan as plain loops: the reference that both backends are tested against. Arithmetic is f64,
 * rounded to f32 after every instruction (unless `exact`); sums are folded in f64 in row-major order.
 *
 * `buffers[i]` are the words of `plan.buffers[i]`; `scalars` is this step's block, ROW_SLOT included.
 */
export function interpret(
  plan: Pick<Plan, "launches">,
  buffers: readonly Uint32Array[],
  scalars: Uint32Array,
  options: InterpretOptions = {},
): void {
  const step: Step = {
    buffers,
    scalars,
    scalarsF32: viewAs("f32", scalars),
    round: options.exact ? (x) => x : Math.fround,
  };
  for (const launch of plan.launches) runLaunch(launch, step);
}

interface Step {
  readonly buffers: readonly Uint32Array[];
  readonly scalars: Uint32Array;
  readonly scalarsF32: TypedArray;
  readonly round: (x: number) => number;
}

function runLaunch(launch: Launch, step: Step): void {
  if (launch.kind === "map") runMap(launch, step);
  else if (launch.kind === "reduce") runReduce(launch, step);
  else runContract(launch, step);
}

function runMap({ shape, views, code, stores }: MapLaunch, step: Step): void {
  const run = evaluator(code, views, shape, [], step);
  const write = writer(stores, shape, step);
  const n = sizeOf(shape);
  for (let i = 0; i < n; i++) write(i, run(i, 0));
}

function runReduce(launch: ReduceLaunch, step: Step): void {
  const { outer, inner } = launch;
  const accs: number[] = [];
  const phases = launch.phases.map(({ views, code, accumulators, stores }) => {
    const first = accs.length;
    accs.push(...accumulators.map(() => 0));
    const run = evaluator(code, views, outer, inner, step, accs);
    return { accumulators, first, run, write: writer(stores, [...outer, ...inner], step) };
  });
  const finish = evaluator(launch.epilogue, launch.epilogueViews, outer, [], step, accs);
  const write = writer(launch.stores, outer, step);
  const outerSize = sizeOf(outer);
  const innerSize = sizeOf(inner);
  for (let o = 0; o < outerSize; o++) {
    for (const { accumulators, first, run, write } of phases) {
      const results = accumulators.map(({ fn, dtype }) => (fn === "max" ? lowest(dtype) : 0));
      const best = accumulators.map(() => Number.NEGATIVE_INFINITY);
      for (let i = 0; i < innerSize; i++) {
        const values = run(o, i);
        for (let a = 0; a < accumulators.length; a++) {
          const { fn, value } = accumulators[a] as Accumulator;
          const v = at(values, value);
          if (fn === "sum") results[a] = at(results, a) + v;
          else if (v > at(best, a) || (Number.isNaN(v) && !Number.isNaN(at(best, a)))) {
            best[a] = v;
            results[a] = fn === "max" ? v : i;
          }
        }
        write(o * innerSize + i, values);
      }
      accumulators.forEach(({ dtype }, a) => {
        accs[first + a] = convert(dtype, at(results, a), step.round);
      });
    }
    write(o, finish(o, 0));
  }
}

const lowest = (dtype: Instr["dtype"]): number => (dtype === "i32" ? -(2 ** 31) : Number.NEGATIVE_INFINITY);

function runContract({ batch, m, n, k, a, b, out }: ContractLaunch, step: Step): void {
  const part = (view: View, from: number, shape: readonly number[]) =>
    offsets(shape, view.strides.slice(from, from + shape.length));
  const [dataA, dataB, dataOut] = [a, b, out].map((v) => viewAs("f32", bufferOf(step, v))) as [
    TypedArray,
    TypedArray,
    TypedArray,
  ];
  const r = batch.length;
  const [aBatch, aM, aK] = [part(a, 0, batch), part(a, r, m), part(a, r + m.length, k)];
  const [bBatch, bK, bN] = [part(b, 0, batch), part(b, r, k), part(b, r + k.length, n)];
  const [outBatch, outM, outN] = [part(out, 0, batch), part(out, r, m), part(out, r + m.length, n)];
  for (let ib = 0; ib < outBatch.length; ib++) {
    for (let im = 0; im < aM.length; im++) {
      const fromA = a.offset + at(aBatch, ib) + at(aM, im);
      for (let i = 0; i < bN.length; i++) {
        const fromB = b.offset + at(bBatch, ib) + at(bN, i);
        let sum = 0;
        for (let ik = 0; ik < aK.length; ik++) sum += at(dataA, fromA + at(aK, ik)) * at(dataB, fromB + at(bK, ik));
        dataOut[out.offset + at(outBatch, ib) + at(outM, im) + at(outN, i)] = sum;
      }
    }
  }
}

/** A function of (outer position, inner position) that fills in and returns the value of every instruction. */
function evaluator(
  code: readonly Instr[],
  views: readonly View[],
  outer: readonly number[],
  inner: readonly number[],
  step: Step,
  accs: readonly number[] = [],
): (o: number, i: number) => Float64Array {
  const values = new Float64Array(code.length);
  const split = (strides: readonly number[]) =>
    [offsets(outer, strides.slice(0, outer.length)), offsets(inner, strides.slice(outer.length))] as const;
  const read = code.map((instr): ((o: number, i: number) => number) => {
    switch (instr.op) {
      case "load": {
        const view = views[instr.view] as View;
        const data = viewAs(view.dtype, bufferOf(step, view));
        const [outerAt, innerAt] = split(view.strides);
        const { index, indexStride = 1, indexSize = Number.POSITIVE_INFINITY, mask, fill = 0 } = instr;
        return (o, i) => {
          if (mask !== undefined && !at(values, mask)) return fill;
          const extra = index === undefined ? 0 : Math.min(Math.max(at(values, index), 0), indexSize - 1) * indexStride;
          return at(data, view.offset + at(outerAt, o) + at(innerAt, i) + extra);
        };
      }
      case "index": {
        const [outerAt, innerAt] = split(instr.strides);
        return (o, i) => instr.offset + at(outerAt, o) + at(innerAt, i);
      }
      case "scalar":
        return () => at(instr.dtype === "f32" ? step.scalarsF32 : step.scalars, instr.slot);
      case "const":
        return () => instr.value;
      case "unary":
        return () => unary(instr.fn, at(values, instr.a));
      case "binary":
        return () => binary(instr.fn, instr.dtype, at(values, instr.a), at(values, instr.b));
      case "select":
        return () => at(values, at(values, instr.cond) ? instr.a : instr.b);
      case "cast":
        return code[instr.a]?.dtype === "f32"
          ? () => saturate(instr.dtype, at(values, instr.a))
          : () => at(values, instr.a);
      case "philox":
        return () => {
          const index = at(values, instr.index);
          const counter = [index >>> 2, at(values, instr.step), instr.stream, 0] as const;
          return at(philox4x32(counter, [at(values, instr.seed), KEY_1]), index & 3);
        };
      case "acc":
        return () => at(accs, instr.acc);
      default:
        return instr satisfies never;
    }
  });
  return (o, i) => {
    for (let v = 0; v < code.length; v++) {
      values[v] = convert((code[v] as Instr).dtype, (read[v] as (o: number, i: number) => number)(o, i), step.round);
    }
    return values;
  };
}

function writer(stores: readonly Store[], shape: readonly number[], step: Step) {
  const targets = stores.map(({ view, value, index, indexStride = 1 }) => {
    const data = viewAs(view.dtype, bufferOf(step, view));
    const where = offsets(shape, view.strides);
    return (o: number, values: Float64Array) => {
      const extra = index === undefined ? 0 : at(values, index) * indexStride;
      data[view.offset + at(where, o) + extra] = at(values, value);
    };
  });
  return (o: number, values: Float64Array) => {
    for (const target of targets) target(o, values);
  };
}

/** Word offset of every coordinate of `shape`, in row-major order. */
function offsets(shape: readonly number[], strides: readonly number[]): Int32Array {
  let all = Int32Array.of(0);
  shape.forEach((size, axis) => {
    const next = new Int32Array(all.length * size);
    for (let i = 0; i < next.length; i++) next[i] = at(all, Math.floor(i / size)) + (i % size) * at(strides, axis);
    all = next;
  });
  return all;
}

function unary(fn: Extract<Instr, { op: "unary" }>["fn"], a: number): number {
  switch (fn) {
    case "neg":
      return -a;
    case "sigmoid":
      return 1 / (1 + Math.exp(-a));
    case "erf":
      return erf(a);
    case "not":
      return a ? 0 : 1;
    case "isFinite":
      return Number.isFinite(a) ? 1 : 0;
    default:
      return Math[fn](a);
  }
}

function binary(fn: Extract<Instr, { op: "binary" }>["fn"], dtype: Instr["dtype"], a: number, b: number): number {
  switch (fn) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return dtype === "f32" ? a * b : Math.imul(a, b);
    case "div":
      return dtype === "f32" ? a / b : Math.trunc(a / b);
    case "mod":
      return a % b;
    case "equal":
      return a === b ? 1 : 0;
    case "less":
      return a < b ? 1 : 0;
    case "lessEqual":
      return a <= b ? 1 : 0;
    case "and":
      return a && b;
    case "or":
      return a || b;
    default:
      return Math[fn](a, b);
  }
}

/** Error function by its all-positive series, exact to a few f64 ulps: DLMF 7.6.2. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** f32 to an integer truncates, saturates, and makes NaN 0. */
function saturate(dtype: Instr["dtype"], x: number): number {
  if (dtype === "i32") return Math.min(Math.max(Math.trunc(x) || 0, -(2 ** 31)), 2 ** 31 - 1);
  return dtype === "u32" ? Math.min(Math.max(Math.trunc(x) || 0, 0), 2 ** 32 - 1) : x;
}

function convert(dtype: Instr["dtype"], x: number, round: (x: number) => number): number {
  if (dtype === "f32") return round(x);
  if (dtype === "i32") return x | 0;
  return dtype === "u32" ? x >>> 0 : x !== 0 ? 1 : 0;
}

const bufferOf = (step: Step, view: View) => step.buffers[view.buffer] as Uint32Array;

/** An element that is there by construction. */
const at = (values: ArrayLike<number>, i: number): number => values[i] as number;
