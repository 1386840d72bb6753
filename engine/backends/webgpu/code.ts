import type { DType } from "../../tensor/index.ts";
import type { BinaryOp, Instr, Store, UnaryOp } from "../launch.ts";
import { type Binding, type KernelBuilder, loadVector, loadWord, storeVector, storeWord, typeName } from "./kernel.ts";

/** Where something lies at one place of a kernel: an i32 expression for lane 0, and how it changes. */
export interface Address {
  readonly at: string;
  /** From lane to lane: stays, goes on by one word with lane 0 at a multiple of 4, or goes on by an expression. */
  readonly lane: "same" | "next" | { readonly by: string };
  /** Where lanes go on by one word: the number of the vector, as an expression. */
  readonly vector?: string;
  /** Whether it changes inside the kernel's loop. */
  readonly moves: boolean;
}

/** A view at one place of a kernel. */
export interface Place extends Address {
  readonly binding: Binding;
  readonly dtype: DType;
}

/** The value of an instruction: `wide` has four lanes, `moves` changes inside the loop. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly wide: boolean;
  readonly moves: boolean;
}

export interface CodeOptions {
  /** Prefix of the names of the values. */
  readonly name: string;
  readonly lanes: 1 | 4;
  /** By view number. */
  readonly places: readonly Place[];
  /** Index instructions by their position. */
  readonly indices: ReadonlyMap<number, Address>;
  /** By accumulator number, in an epilogue. */
  readonly accumulators?: readonly Value[];
}

/** The statements of straight-line code: those that belong before the loop, and those of its body. */
export interface Code {
  readonly before: readonly string[];
  readonly body: readonly string[];
  readonly values: readonly Value[];
}

export function writeCode(kernel: KernelBuilder, code: readonly Instr[], options: CodeOptions): Code {
  const before: string[] = [];
  const body: string[] = [];
  const values: Value[] = [];
  code.forEach((instr, position) => {
    const named = alias(kernel, instr, options, values);
    if (named) {
      values.push(named);
      return;
    }
    const { text, wide, moves } = expression(kernel, code, instr, position, options, values);
    const name = `${options.name}${position}`;
    (moves ? body : before).push(`let ${name} = ${text};`);
    values.push({ name, dtype: instr.dtype, wide, moves });
  });
  return { before, body, values };
}

/** Statements that store values. */
export function writeStores(
  kernel: KernelBuilder,
  stores: readonly Store[],
  places: readonly Place[],
  values: readonly Value[],
  lanes: 1 | 4,
): string[] {
  return stores.flatMap((store, s) => {
    const place = places[s] as Place;
    const value = values[store.value] as Value;
    const index = store.index === undefined ? undefined : (values[store.index] as Value);
    const stride = store.indexStride ?? 1;
    const strideName = index ? kernel.int(stride) : "";
    const beyond = (lane: number) => (index ? ` + ${asI32(laneOf(index, lane))} * ${strideName}` : "");
    if (lanes === 1) return [storeWord(place.binding, `${place.at}${beyond(0)}`, value.name, place.dtype)];
    if (place.lane === "next" && !index?.wide && (!index || stride % 4 === 0)) {
      return [storeVector(place.binding, vectorAddress(kernel, place, index, stride), widen(value), place.dtype)];
    }
    return [0, 1, 2, 3].map((lane) =>
      storeWord(place.binding, `${laneAddress(place, lane)}${beyond(lane)}`, laneOf(value, lane), place.dtype),
    );
  });
}

/** The vector of a place, `index * stride` words further on. */
function vectorAddress(
  kernel: KernelBuilder,
  place: Place,
  index: Value | undefined,
  stride: number,
  last?: string,
): string {
  const { vector = "" } = place;
  if (!index) return vector;
  const i = asI32(index.name);
  return `${vector} + ${last ? `clamp(${i}, 0, ${last})` : i} * ${kernel.int(stride / 4)}`;
}

/** A value in four lanes. */
export const widen = (v: Value): string => (v.wide ? v.name : `${typeName(v.dtype, true)}(${v.name})`);

const laneOf = (v: Value, lane: number): string => (v.wide ? `${v.name}.${"xyzw"[lane]}` : v.name);

const asI32 = (name: string): string => `i32(${name})`;

function laneAddress(a: Address, lane: number): string {
  if (a.lane === "same" || lane === 0) return a.at;
  return a.lane === "next" ? `${a.at} + ${lane}` : `${a.at} + ${lane} * ${a.lane.by}`;
}

/** Constants, scalars and accumulators have names already. */
function alias(kernel: KernelBuilder, instr: Instr, options: CodeOptions, values: readonly Value[]): Value | undefined {
  const { dtype } = instr;
  switch (instr.op) {
    case "const":
      return { name: kernel.constant(instr.value, dtype), dtype, wide: false, moves: false };
    case "acc":
      return options.accumulators?.[instr.acc];
    case "cast":
      return (values[instr.a] as Value).dtype === dtype ? values[instr.a] : undefined;
    default:
      return undefined;
  }
}

interface Expression {
  readonly text: string;
  readonly wide: boolean;
  readonly moves: boolean;
}

function expression(
  kernel: KernelBuilder,
  code: readonly Instr[],
  instr: Instr,
  position: number,
  options: CodeOptions,
  values: readonly Value[],
): Expression {
  const operands = (refs: readonly number[]) => {
    const all = refs.map((ref) => values[ref] as Value);
    const wide = all.some((v) => v.wide);
    return { wide, moves: all.some((v) => v.moves), names: all.map((v) => (wide ? widen(v) : v.name)), all };
  };
  switch (instr.op) {
    case "load":
      return load(kernel, instr, options, values);
    case "index":
      return index(options.indices.get(position) as Address, options.lanes);
    case "scalar": {
      const word = `scalars[${instr.slot >> 2}].${"xyzw"[instr.slot & 3]}`;
      const text =
        instr.dtype === "u32" ? word : instr.dtype === "bool" ? `${word} != 0u` : `bitcast<${instr.dtype}>(${word})`;
      return { text, wide: false, moves: false };
    }
    case "unary": {
      const { names, wide, moves } = operands([instr.a]);
      return { text: unary(instr.fn, names[0] as string, wide, instr.dtype), wide, moves };
    }
    case "binary": {
      const { names, wide, moves, all } = operands([instr.a, instr.b]);
      const isNumber = [instr.a, instr.b].map((ref) => {
        const source = code[ref] as Instr;
        return source.op === "const" && !Number.isNaN(source.value);
      });
      const [a, b] = (isNumber[0] ? [names[1], names[0]] : names) as [string, string];
      const dtype = (all[0] as Value).dtype;
      if (dtype === "f32" && (instr.fn === "max" || instr.fn === "min")) {
        const known = isNumber[0] || isNumber[1] ? "_number" : "";
        return { text: `${instr.fn}${known}${suffix(wide)}(${a}, ${b})`, wide, moves };
      }
      return { text: binary(instr.fn, names[0] as string, names[1] as string, wide), wide, moves };
    }
    case "select": {
      const { names, wide, moves } = operands([instr.cond, instr.a, instr.b]);
      return { text: `select(${names[2]}, ${names[1]}, ${names[0]})`, wide, moves };
    }
    case "cast": {
      const { names, wide, moves, all } = operands([instr.a]);
      return { text: cast(names[0] as string, (all[0] as Value).dtype, instr.dtype, wide), wide, moves };
    }
    case "philox": {
      const { wide, moves, all } = operands([instr.index, instr.seed, instr.step]);
      const stream = kernel.constant(instr.stream, "u32");
      const word = (lane: number, fn: string, last: string) =>
        `${fn}(${[all[1], all[2]].map((v) => laneOf(v as Value, lane)).join(", ")}, ${stream}, ${last})`;
      const at = all[0] as Value;
      if (!wide) return { text: word(0, "philox_word", at.name), wide, moves };
      // four lanes that are one block of the generator
      if (isNext(code, instr.index, options) && !all[1]?.wide && !all[2]?.wide) {
        return { text: word(0, "philox", `${at.name}.x >> 2u`), wide, moves };
      }
      return {
        text: `vec4u(${[0, 1, 2, 3].map((l) => word(l, "philox_word", laneOf(at, l))).join(", ")})`,
        wide,
        moves,
      };
    }
    default:
      throw new Error(`${instr.op} has a name already`);
  }
}

/** Whether an instruction counts lanes up by one from a multiple of 4. */
function isNext(code: readonly Instr[], ref: number, options: CodeOptions): boolean {
  const instr = code[ref] as Instr;
  if (instr.op === "cast")
    return instr.dtype !== "bool" && code[instr.a]?.dtype !== "f32" && isNext(code, instr.a, options);
  return instr.op === "index" && options.indices.get(ref)?.lane === "next";
}

function index(address: Address, lanes: 1 | 4): Expression {
  const { at, lane, moves } = address;
  if (lanes === 1 || lane === "same") return { text: at, wide: false, moves };
  const by = lane === "next" ? "" : ` * ${lane.by}`;
  return { text: `vec4i(${at}) + vec4i(0, 1, 2, 3)${by}`, wide: true, moves };
}

function load(
  kernel: KernelBuilder,
  instr: Extract<Instr, { op: "load" }>,
  options: CodeOptions,
  values: readonly Value[],
): Expression {
  const place = options.places[instr.view] as Place;
  const at = instr.index === undefined ? undefined : (values[instr.index] as Value);
  const mask = instr.mask === undefined ? undefined : (values[instr.mask] as Value);
  const stride = instr.indexStride ?? 1;
  const strideName = at ? kernel.int(stride) : "";
  const last = at && instr.indexSize !== undefined ? kernel.int(instr.indexSize - 1) : undefined;
  const fill = mask ? kernel.constant(instr.fill ?? 0, instr.dtype) : "";
  const wide = options.lanes === 4 && (place.lane !== "same" || (at?.wide ?? false) || (mask?.wide ?? false));
  const moves = place.moves || (at?.moves ?? false) || (mask?.moves ?? false);
  const address = (lane: number) => {
    let text = laneAddress(place, lane);
    if (at) {
      const i = asI32(laneOf(at, lane));
      text += ` + ${last ? `clamp(${i}, 0, ${last})` : i} * ${strideName}`;
    }
    return mask ? `select(0, ${text}, ${laneOf(mask, lane)})` : text;
  };
  const guarded = (text: string, lane: number) => (mask ? `select(${fill}, ${text}, ${laneOf(mask, lane)})` : text);
  const word = (lane: number) => guarded(loadWord(place.binding, address(lane), place.dtype), lane);
  if (!wide) return { text: word(0), wide, moves };
  if (place.lane === "next" && !at?.wide && !mask?.wide && (!at || stride % 4 === 0)) {
    const at4 = vectorAddress(kernel, place, at, stride, last);
    const vector = loadVector(place.binding, mask ? `select(0, ${at4}, ${mask.name})` : at4, place.dtype);
    const whole = mask ? `select(${typeName(instr.dtype, true)}(${fill}), ${vector}, ${mask.name})` : vector;
    return { text: whole, wide, moves };
  }
  return { text: `${typeName(instr.dtype, true)}(${[0, 1, 2, 3].map(word).join(", ")})`, wide, moves };
}

const suffix = (wide: boolean): string => (wide ? "_4" : "_1");

function unary(fn: UnaryOp, a: string, wide: boolean, dtype: DType): string {
  switch (fn) {
    case "neg":
      return `-${a}`;
    case "not":
      return `!${a}`;
    case "abs":
    case "floor":
    case "sqrt":
      return `${fn}(${a})`;
    case "sign":
      return dtype === "f32" ? `sign${suffix(wide)}(${a})` : `sign(${a})`;
    case "isFinite":
      return `is_finite${suffix(wide)}(${a})`;
    default:
      return `${fn}${suffix(wide)}(${a})`;
  }
}

const OPERATORS = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  mod: "%",
  equal: "==",
  less: "<",
  lessEqual: "<=",
  and: "&",
  or: "|",
};

function binary(fn: BinaryOp, a: string, b: string, wide: boolean): string {
  if (fn === "pow") return `pow${suffix(wide)}(${a}, ${b})`;
  return fn === "max" || fn === "min" ? `${fn}(${a}, ${b})` : `${a} ${OPERATORS[fn]} ${b}`;
}

function cast(a: string, from: DType, to: DType, wide: boolean): string {
  // by its bits, for a comparison with NaN may say anything
  if (to === "bool" && from === "f32") return `to_bool${suffix(wide)}(${a})`;
  if (to === "bool") return `${a} != ${typeName(from, wide)}(0)`;
  if (from === "f32") return `to_${to}${suffix(wide)}(${a})`;
  return `${typeName(to, wide)}(${a})`;
}
