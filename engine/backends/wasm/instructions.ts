import type { DType } from "../../tensor/index.ts";
import type { BinaryOp, Instr, UnaryOp } from "../launch.ts";
import { type Func, f32x4, f64x2, type I32, i32x4, type V128, v128 } from "./assembler.ts";
import { cos, erf, exp, log, pow, sigmoid, sin, tanh } from "./functions.ts";
import { philox } from "./philox.ts";

type Load = Extract<Instr, { op: "load" }>;
type Index = Extract<Instr, { op: "index" }>;
type Philox = Extract<Instr, { op: "philox" }>;

/** Where an instruction is emitted: what it may refer to, and how this place of the loop nest reads memory. */
export interface Site {
  readonly f: Func;
  readonly code: readonly Instr[];
  /** Address of the step's scalar block. */
  readonly scalars: I32;
  value(ref: number): V128;
  /** Words as they are in memory. */
  load(instr: Load): V128;
  index(instr: Index): V128;
  acc(acc: number): V128;
  /** Random words, where neighbours along the vectorized axis can be drawn together. */
  philox?(instr: Philox): V128 | undefined;
}

/**
 * Four lanes of one instruction. In registers a bool is a mask, all bits or none; in memory it is 0 or 1. Instructions
 * that do not vary along the vectorized axis hold the same value in every lane.
 */
export function emit(site: Site, instr: Instr): V128 {
  const { f } = site;
  const value = (ref: number) => site.value(ref);
  switch (instr.op) {
    case "load":
      return fromMemory(site.load(instr), instr.dtype);
    case "scalar":
      return fromMemory(v128.load32Splat(site.scalars, instr.slot * 4), instr.dtype);
    case "const":
      return constant(instr.value, instr.dtype);
    case "index":
      return site.index(instr);
    case "acc":
      return site.acc(instr.acc);
    case "unary":
      return unary(f, instr.fn, value(instr.a));
    case "binary": {
      const dtype = dtypeOf(site.code, instr.a);
      return instr.fn === "pow"
        ? power(site, value(instr.a), instr.b)
        : binary(f, instr.fn, dtype, value(instr.a), value(instr.b), divisor(site.code[instr.b]));
    }
    case "select":
      return v128.bitselect(value(instr.a), value(instr.b), value(instr.cond));
    case "cast":
      return cast(value(instr.a), dtypeOf(site.code, instr.a), instr.dtype);
    case "philox":
      return site.philox?.(instr) ?? philox(f, value(instr.seed), value(instr.step), instr.stream, value(instr.index));
    default:
      return instr satisfies never;
  }
}

const dtypeOf = (code: readonly Instr[], ref: number): DType => (code[ref] as Instr).dtype;

export function constant(value: number, dtype: DType): V128 {
  if (dtype === "f32") return f32x4.const(value);
  return i32x4.const(dtype === "bool" ? (value ? -1 : 0) : value);
}

function fromMemory(words: V128, dtype: DType): V128 {
  return dtype === "bool" ? i32x4.ne(words, i32x4.const(0)) : words;
}

export function toMemory(value: V128, dtype: DType): V128 {
  return dtype === "bool" ? v128.and(value, i32x4.const(1)) : value;
}

function unary(f: Func, fn: UnaryOp, a: V128): V128 {
  switch (fn) {
    case "neg":
      return f32x4.neg(a);
    case "abs":
      return f32x4.abs(a);
    case "sign": {
      // ±1 where a < 0 or a > 0, a itself at 0 and NaN
      const one = v128.or(v128.and(a, i32x4.const(0x80000000)), f32x4.const(1));
      const moved = v128.or(f32x4.lt(a, f32x4.const(0)), f32x4.gt(a, f32x4.const(0)));
      return v128.bitselect(one, a, moved);
    }
    case "floor":
      return f32x4.floor(a);
    case "sqrt":
      return f32x4.sqrt(a);
    case "exp":
      return exp(f, a);
    case "log":
      return log(f, a);
    case "sin":
      return sin(f, a);
    case "cos":
      return cos(f, a);
    case "tanh":
      return tanh(f, a);
    case "sigmoid":
      return sigmoid(f, a);
    case "erf":
      return erf(f, a);
    case "not":
      return v128.not(a);
    case "isFinite":
      return f32x4.lt(f32x4.abs(a), f32x4.const(Number.POSITIVE_INFINITY));
    default:
      return fn satisfies never;
  }
}

type Arithmetic = Partial<Record<BinaryOp, (a: V128, b: V128) => V128>>;

const float: Arithmetic = {
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  div: f32x4.div,
  max: f32x4.max,
  min: f32x4.min,
  equal: f32x4.eq,
  less: f32x4.lt,
  lessEqual: f32x4.le,
};
const whole: Arithmetic = { add: i32x4.add, sub: i32x4.sub, mul: i32x4.mul, equal: i32x4.eq };
const arithmetic: Record<DType, Arithmetic> = {
  f32: float,
  i32: { ...whole, max: i32x4.maxS, min: i32x4.minS, less: i32x4.ltS, lessEqual: i32x4.leS },
  u32: { ...whole, max: i32x4.maxU, min: i32x4.minU, less: i32x4.ltU, lessEqual: i32x4.leU },
  bool: { equal: i32x4.eq, and: v128.and, or: v128.or },
};

function binary(f: Func, fn: BinaryOp, dtype: DType, a: V128, b: V128, by: number | undefined): V128 {
  const op = arithmetic[dtype][fn];
  if (op) return op(a, b);
  if (fn === "div") return quotient(f, dtype, a, b, by);
  if (fn === "mod") {
    if (dtype === "u32" && isPower2(by)) return v128.and(a, i32x4.const(by - 1));
    const kept = f.let(a);
    return i32x4.sub(kept, i32x4.mul(f.let(quotient(f, dtype, kept, b, by)), b));
  }
  throw new Error(`no ${fn} of ${dtype}`);
}

const isPower2 = (n: number | undefined): n is number => n !== undefined && n > 0 && (n & (n - 1)) === 0;
const divisor = (instr: Instr | undefined) => (instr?.op === "const" ? instr.value : undefined);

/** Truncated quotient of integers, through f64, where it is exact; 0 where b is 0. */
function quotient(f: Func, dtype: DType, a: V128, b: V128, by: number | undefined): V128 {
  if (dtype === "u32" && isPower2(by)) return i32x4.shrU(a, Math.log2(by));
  const wide = dtype === "u32" ? f64x2.convertLowU : f64x2.convertLowS;
  const narrow = dtype === "u32" ? i32x4.truncF64U : i32x4.truncF64S;
  const high = (x: V128) => v128.shuffle(x, x, [2, 3, 2, 3]);
  const kept = f.let(a);
  const low = narrow(f64x2.div(wide(kept), wide(b)));
  const top = narrow(f64x2.div(wide(high(kept)), wide(high(b))));
  const all = v128.shuffle(low, top, [0, 1, 4, 5]);
  return by ? all : v128.andNot(all, i32x4.eq(b, i32x4.const(0)));
}

/** Powers that are written as constants mostly need no logarithm. */
function power(site: Site, a: V128, ref: number): V128 {
  const by = divisor(site.code[ref]);
  if (by === 1) return a;
  if (by === 2) return f32x4.mul(a, a);
  if (by === 3) return f32x4.mul(f32x4.mul(a, a), a);
  if (by === -1) return f32x4.div(f32x4.const(1), a);
  return pow(site.f, a, site.value(ref));
}

export function cast(a: V128, from: DType, to: DType): V128 {
  if (from === to) return a;
  if (to === "bool") return from === "f32" ? f32x4.ne(a, f32x4.const(0)) : i32x4.ne(a, i32x4.const(0));
  if (from === "bool") return v128.and(a, to === "f32" ? f32x4.const(1) : i32x4.const(1));
  if (to === "f32") return from === "i32" ? f32x4.convertS(a) : f32x4.convertU(a);
  if (from === "f32") return to === "i32" ? i32x4.truncF32S(a) : i32x4.truncF32U(a);
  return a;
}

/** How long four lanes take, in units of an addition: for deciding what is worth splitting over threads. */
export function costOf(instr: Instr): number {
  if (instr.op === "philox") return 100;
  if (instr.op === "unary")
    return { exp: 20, log: 30, sin: 40, cos: 40, tanh: 35, sigmoid: 25, erf: 45 }[instr.fn as "exp"] ?? 1;
  if (instr.op !== "binary") return 1;
  if (instr.fn === "pow") return 90;
  return instr.fn === "mod" || (instr.fn === "div" && instr.dtype !== "f32") ? 15 : 1;
}
