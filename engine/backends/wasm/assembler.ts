/**
 * A small WebAssembly assembler: typed expressions, a structured function builder, a module writer. Kernels are written
 * with it as loops over locals; nothing else is needed at run time.
 *
 * An expression is used once per mention: `Func.let` keeps a value that is used twice in a local.
 */
export type Type = "i32" | "v128";

/** Bytes, nested as they were built, and vector constants, which a function keeps in locals. */
type Code = readonly (number | Code | Constant)[];

/** Sixteen bytes. */
class Constant {
  readonly bytes: Uint8Array;

  constructor(words: ArrayLike<number>) {
    this.bytes = new Uint8Array(Uint32Array.from({ length: 4 }, (_, i) => words[i] as number).buffer);
  }
}

export interface Expr<T extends Type = Type> {
  readonly type: T;
  readonly code: Code;
  /** Known value of an i32 constant, so that address arithmetic folds. */
  readonly value?: number;
}
export type I32 = Expr<"i32">;
export type V128 = Expr<"v128">;
export interface Local<T extends Type = Type> extends Expr<T> {
  readonly local: number;
}

const TYPE_CODE = { i32: 0x7f, v128: 0x7b } as const;

function unsigned(n: number): number[] {
  const out: number[] = [];
  do {
    const byte = n & 0x7f;
    n >>>= 7;
    out.push(n === 0 ? byte : byte | 0x80);
  } while (n !== 0);
  return out;
}

function signed(n: number): number[] {
  const out: number[] = [];
  for (;;) {
    const byte = n & 0x7f;
    n >>= 7;
    if ((n === 0 && !(byte & 0x40)) || (n === -1 && byte & 0x40)) return [...out, byte];
    out.push(byte | 0x80);
  }
}

const simd = (op: number): Code => [0xfd, ...unsigned(op)];
const node = <T extends Type>(type: T, ...code: Code): Expr<T> => ({ type, code });
type Unary<A extends Type, R extends Type> = (a: Expr<A>) => Expr<R>;
type Binary<A extends Type, R extends Type> = (a: Expr<A>, b: Expr<A>) => Expr<R>;

const constant = (n: number): I32 => ({ type: "i32", code: [0x41, ...signed(n | 0)], value: n | 0 });
const int = (n: I32 | number): I32 => (typeof n === "number" ? constant(n) : n);
const intOp =
  (op: number, fold?: (a: number, b: number) => number) =>
  (x: I32 | number, y: I32 | number): I32 => {
    const a = int(x);
    const b = int(y);
    if (fold && a.value !== undefined && b.value !== undefined) return constant(fold(a.value, b.value));
    return node("i32", a.code, b.code, op);
  };
const plainMul = intOp(0x6c, Math.imul);
const plainAdd = intOp(0x6a, (a, b) => a + b);

export const i32 = {
  const: constant,
  add: (a: I32 | number, b: I32 | number): I32 => {
    if (int(a).value === 0) return int(b);
    return int(b).value === 0 ? int(a) : plainAdd(a, b);
  },
  sub: intOp(0x6b, (a, b) => a - b),
  mul: (a: I32 | number, b: I32 | number): I32 => {
    if (int(b).value === 1) return int(a);
    return int(b).value === 0 ? constant(0) : plainMul(a, b);
  },
  divU: intOp(0x6e, (a, b) => Math.floor(a / b)),
  remU: intOp(0x70, (a, b) => a % b),
  and: intOp(0x71, (a, b) => a & b),
  shrU: intOp(0x76, (a, b) => a >>> b),
  shl: intOp(0x74, (a, b) => a << b),
  eq: intOp(0x46),
  ltS: intOp(0x48),
  gtS: intOp(0x4a),
  leS: intOp(0x4c),
  geS: intOp(0x4e),
  eqz: (a: I32): I32 => node("i32", a.code, 0x45),
  /** `cond` ? a : b, both evaluated. */
  select: (a: I32 | number, b: I32 | number, cond: I32): I32 => node("i32", int(a).code, int(b).code, cond.code, 0x1b),
  min: (a: I32, b: I32 | number): I32 => i32.select(a, b, i32.ltS(a, b)),
  load: (address: I32, offset = 0): I32 => node("i32", address.code, 0x28, 2, unsigned(offset)),
  /** Adds to the word, which other threads may do too; its value before. */
  atomicAdd: (address: I32, n: I32 | number): I32 => node("i32", address.code, int(n).code, 0xfe, 0x1e, 2, 0),
};

const vectorUnary =
  (op: number): Unary<"v128", "v128"> =>
  (a) =>
    node("v128", a.code, simd(op));
const vectorBinary =
  (op: number): Binary<"v128", "v128"> =>
  (a, b) =>
    node("v128", a.code, b.code, simd(op));
const shift = (op: number) => (a: V128, count: number) => node("v128", a.code, constant(count).code, simd(op));

export const v128 = {
  load: (address: I32, offset = 0): V128 => node("v128", address.code, simd(0), 0, unsigned(offset)),
  load32Splat: (address: I32, offset = 0): V128 => node("v128", address.code, simd(9), 2, unsigned(offset)),
  load32Zero: (address: I32, offset = 0): V128 => node("v128", address.code, simd(92), 2, unsigned(offset)),
  load64Zero: (address: I32, offset = 0): V128 => node("v128", address.code, simd(93), 2, unsigned(offset)),
  load32Lane: (address: I32, vector: V128, lane: number, offset = 0): V128 =>
    node("v128", address.code, vector.code, simd(86), 2, unsigned(offset), lane),
  /** 16 bytes given as four 32-bit words. */
  const: (words: ArrayLike<number>): V128 => node("v128", new Constant(words)),
  /** Lanes of 32 bits: 0 to 3 of `a`, 4 to 7 of `b`. */
  shuffle: (a: V128, b: V128, lanes: readonly [number, number, number, number]): V128 =>
    node(
      "v128",
      a.code,
      b.code,
      simd(13),
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
    ),
  not: vectorUnary(77),
  and: vectorBinary(78),
  /** a & ~b */
  andNot: vectorBinary(79),
  or: vectorBinary(80),
  xor: vectorBinary(81),
  /** Bits of `a` where `mask` is set, of `b` elsewhere. */
  bitselect: (a: V128, b: V128, mask: V128): V128 => node("v128", a.code, b.code, mask.code, simd(82)),
  anyTrue: (a: V128): I32 => node("i32", a.code, simd(83)),
};

const bits = new Uint32Array(1);
const floatBits = new Float32Array(bits.buffer);
const doubleBits = new Float64Array(1);
const doubleWords = new Uint32Array(doubleBits.buffer);

export const i32x4 = {
  const: (n: number): V128 => v128.const([n, n, n, n]),
  splat: (a: I32): V128 => (a.value === undefined ? node("v128", a.code, simd(17)) : i32x4.const(a.value)),
  extract: (a: V128, lane: number): I32 => node("i32", a.code, simd(27), lane),
  replace: (a: V128, b: I32, lane: number): V128 => node("v128", a.code, b.code, simd(28), lane),
  allTrue: (a: V128): I32 => node("i32", a.code, simd(163)),
  eq: vectorBinary(55),
  ne: vectorBinary(56),
  ltS: vectorBinary(57),
  ltU: vectorBinary(58),
  gtS: vectorBinary(59),
  gtU: vectorBinary(60),
  leS: vectorBinary(61),
  leU: vectorBinary(62),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: vectorBinary(174),
  sub: vectorBinary(177),
  mul: vectorBinary(181),
  minS: vectorBinary(182),
  minU: vectorBinary(183),
  maxS: vectorBinary(184),
  maxU: vectorBinary(185),
  truncF32S: vectorUnary(248),
  truncF32U: vectorUnary(249),
  /** Two f64 lanes to the two low i32 lanes, saturating. */
  truncF64S: vectorUnary(252),
  truncF64U: vectorUnary(253),
};

export const i64x2 = {
  shl: shift(203),
  add: vectorBinary(206),
  sub: vectorBinary(209),
  /** Products of the two low (high) u32 lanes. */
  mulLowU: vectorBinary(222),
  mulHighU: vectorBinary(223),
};

export const f32x4 = {
  const: (x: number): V128 => {
    floatBits[0] = x;
    return i32x4.const(bits[0] as number);
  },
  eq: vectorBinary(65),
  ne: vectorBinary(66),
  lt: vectorBinary(67),
  gt: vectorBinary(68),
  le: vectorBinary(69),
  ge: vectorBinary(70),
  demoteF64: vectorUnary(94),
  floor: vectorUnary(104),
  abs: vectorUnary(224),
  neg: vectorUnary(225),
  sqrt: vectorUnary(227),
  add: vectorBinary(228),
  sub: vectorBinary(229),
  mul: vectorBinary(230),
  div: vectorBinary(231),
  /** NaN wins in min and max. */
  min: vectorBinary(232),
  max: vectorBinary(233),
  /** b < a ? b : a and a < b ? b : a, one instruction each: a stays where it is NaN. */
  pmin: vectorBinary(234),
  pmax: vectorBinary(235),
  convertS: vectorUnary(250),
  convertU: vectorUnary(251),
  /** a * b + c, rounded once or twice as the machine likes. */
  relaxedMadd: (a: V128, b: V128, c: V128): V128 => node("v128", a.code, b.code, c.code, simd(0x105)),
};

export const f64x2 = {
  const: (x: number): V128 => {
    doubleBits[0] = x;
    return v128.const([...doubleWords, ...doubleWords]);
  },
  promoteLow: vectorUnary(95),
  floor: vectorUnary(117),
  nearest: vectorUnary(148),
  lt: vectorBinary(73),
  add: vectorBinary(240),
  sub: vectorBinary(241),
  mul: vectorBinary(242),
  div: vectorBinary(243),
  pmin: vectorBinary(246),
  pmax: vectorBinary(247),
  convertLowS: vectorUnary(254),
  convertLowU: vectorUnary(255),
};

/** Parameters by position; a function uses as many as it has. */
export type Params = readonly [I32, I32, I32, I32, I32, I32, I32, I32];

/** A function under construction: statements are appended to its body in the order of the calls. */
export class Func {
  readonly params: Params;
  readonly arity: number;
  readonly #types: Type[];
  readonly #body: (number | Code)[] = [];

  constructor(params: number) {
    this.#types = Array.from({ length: params }, () => "i32" as const);
    this.params = this.#types.map((_, i) => this.#get(i, "i32")) as unknown as Params;
    this.arity = params;
  }

  #get<T extends Type>(local: number, type: T): Local<T> {
    return { type, local, code: [0x20, ...unsigned(local)] };
  }

  local<T extends Type>(type: T): Local<T> {
    this.#types.push(type);
    return this.#get(this.#types.length - 1, type);
  }

  set<T extends Type>(local: Local<T>, value: Expr<T>): void {
    this.#body.push(value.code, 0x21, unsigned(local.local));
  }

  /** A new local that holds `value`. */
  let<T extends Type>(value: Expr<T>): Local<T> {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  /** Adds to a local that was made by `let` or `local`. */
  advance(local: I32, by: I32 | number): void {
    this.set(local as Local<"i32">, i32.add(local, by));
  }

  store(address: I32, value: V128 | I32, offset = 0): void {
    const op = value.type === "v128" ? simd(11) : [0x36];
    this.#body.push(address.code, value.code, op, 0, unsigned(offset));
  }

  /** Stores one 32-bit or 64-bit lane. */
  storeLane(bytes: 4 | 8, address: I32, value: V128, lane: number, offset = 0): void {
    this.#body.push(address.code, value.code, simd(bytes === 4 ? 90 : 91), 0, unsigned(offset), lane);
  }

  copyMemory(to: I32, from: I32, bytes: I32): void {
    this.#body.push(to.code, from.code, bytes.code, 0xfc, 10, 0, 0);
  }

  call(index: number, args: readonly I32[]): void {
    this.#body.push(...args.map((a) => a.code), 0x10, unsigned(index));
  }

  if(cond: I32, then: () => void, otherwise?: () => void): void {
    this.#body.push(cond.code, 0x04, 0x40);
    then();
    if (otherwise) {
      this.#body.push(0x05);
      otherwise();
    }
    this.#body.push(0x0b);
  }

  while(cond: I32, body: () => void): void {
    this.#body.push(0x02, 0x40, cond.code, 0x45, 0x0d, 0, 0x03, 0x40);
    body();
    this.#body.push(cond.code, 0x0d, 0, 0x0b, 0x0b);
  }

  /** `for (i = from; i < to; i += step) body(i)`; `to` is evaluated every time. */
  for(from: I32 | number, to: I32 | number, step: I32 | number, body: (i: Local<"i32">) => void): void {
    const i = this.let(int(from));
    this.while(i32.ltS(i, to), () => {
      body(i);
      this.advance(i, step);
    });
  }

  /**
   * Local declarations, body and end, as the code section wants them. Vector constants are set up once, at the start: V8
   * builds a constant anew wherever it is mentioned, in several instructions, also within loops.
   */
  bytes(): number[] {
    const types = [...this.#types];
    const constants = new Map<string, number>();
    const head: Code[] = [];
    const localOf = ({ bytes }: Constant): number => {
      const key = bytes.join();
      let local = constants.get(key);
      if (local === undefined) {
        local = types.push("v128") - 1;
        constants.set(key, local);
        head.push([simd(12), [...bytes], 0x21, unsigned(local)]);
      }
      return local;
    };
    const body = flatten([this.#body, 0x0b], localOf);
    const runs: [number, Type][] = [];
    for (const type of types.slice(this.arity)) {
      const last = runs.at(-1);
      if (last?.[1] === type) last[0]++;
      else runs.push([1, type]);
    }
    const locals = [...unsigned(runs.length), ...runs.flatMap(([n, type]) => [...unsigned(n), TYPE_CODE[type]])];
    return [...locals, ...flatten(head, localOf), ...body];
  }
}

function flatten(code: Code, localOf: (constant: Constant) => number, into: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === "number") into.push(part);
    else if (part instanceof Constant) into.push(0x20, ...unsigned(localOf(part)));
    else flatten(part, localOf, into);
  }
  return into;
}

/** Largest size a shared memory can be asked for: 65,536 pages of 64 KiB. */
export const MAX_PAGES = 65_536;

/** A module that imports the shared memory `env.memory` and exports function i as `f<i>`. */
export function assemble(functions: readonly Func[]): Uint8Array<ArrayBuffer> {
  const arities = [...new Set(functions.map((f) => f.arity))];
  const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
  const list = (items: readonly (readonly number[])[]) => concat([unsigned(items.length), ...items]);
  const name = (text: string) => [...unsigned(text.length), ...Buffer.from(text)];
  const types = arities.map((n) => [0x60, ...unsigned(n), ...Array.from({ length: n }, () => TYPE_CODE.i32), 0]);
  const bodies = functions.map((f) => {
    const body = f.bytes();
    return concat([unsigned(body.length), body]);
  });
  return Uint8Array.from(
    concat([
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, list(types)),
      section(2, list([[...name("env"), ...name("memory"), 2, 3, ...unsigned(1), ...unsigned(MAX_PAGES)]])),
      section(3, list(functions.map((f) => unsigned(arities.indexOf(f.arity))))),
      section(7, list(functions.map((_, i) => [...name(`f${i}`), 0, ...unsigned(i)]))),
      section(10, list(bodies)),
    ]),
  );
}

function concat(parts: readonly (readonly number[])[]): number[] {
  return parts.flat();
}
