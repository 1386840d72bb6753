import { ConfigError, didYouMean } from "../errors/index.ts";
import { range } from "./range.ts";

/**
 * One option of a definition: its default, range and meaning, and how a given value is read. Types, range checks,
 * error texts, snippets, hovers and README tables are all made from this.
 */
export interface Param<T = unknown, K extends string = string, R extends boolean = boolean, G = unknown> {
  readonly kind: K;
  /** Never set; its type is what a user may give where that is more than T: a number for a list with one for each axis. */
  readonly given?: G;
  /** Its type as TypeScript text, for documentation. */
  readonly type: string;
  readonly required: R;
  /** The value when nothing is given; undefined when it is required. */
  readonly default: T | undefined;
  /** `[0, inf)`, where it has one. */
  readonly range?: string;
  readonly doc: string;
  /** Returns what was given, typed. Throws ConfigError: `adamw: lr = -1 is outside [0, inf)` for where `adamw`, name `lr`. */
  read(given: unknown, where: string, name: string): T;
}

/** In place of a default: the option must be given. */
export const required: unique symbol = Symbol("required");
type Required = typeof required;
type RequiredIf<D> = D extends Required ? true : false;

/** A number; NaN is in no range. */
export function num<const D extends number | Required>(
  value: D,
  within: string,
  doc: string,
): Param<number, "num", RequiredIf<D>, number> {
  const { text, contains } = range(within);
  return param("num", "number", value, doc, text, (given, where, name) => {
    if (typeof given !== "number") throw wrong(where, name, "a number", given);
    if (!contains(given)) throw outside(where, name, given, text);
    return given;
  });
}

/** A whole number. */
export function int<const D extends number | Required>(
  value: D,
  within: string,
  doc: string,
): Param<number, "int", RequiredIf<D>, number> {
  const { text, contains } = range(within);
  return param("int", "number", value, doc, text, (given, where, name) => {
    if (typeof given !== "number") throw wrong(where, name, "a whole number", given);
    if (!contains(given)) throw outside(where, name, given, text);
    if (!Number.isInteger(given)) throw wrong(where, name, "a whole number", given);
    return given;
  });
}

type Numbers<D extends readonly number[]> = { readonly [I in keyof D]: number };

/** As many numbers as the default has, all in one range. */
export function nums<const D extends readonly number[]>(
  value: D,
  within: string,
  doc: string,
): Param<Numbers<D>, "nums", false, Numbers<D>> {
  const { text, contains } = range(within);
  const type = `readonly [${value.map(() => "number").join(", ")}]`;
  return param<Numbers<D>, "nums", Numbers<D>>("nums", type, value as Numbers<D>, doc, text, (given, where, name) => {
    const list = listOf(given, where, name, "numbers");
    if (list.length !== value.length) {
      throw new ConfigError(`${where}: ${name} takes ${value.length} numbers, not ${list.length}: ${show(given)}`, {
        fault: { kind: "type", where, option: name },
      });
    }
    list.forEach((x, i) => {
      if (typeof x !== "number") throw wrong(where, `${name}[${i}]`, "a number", x);
      if (!contains(x)) throw outside(where, `${name}[${i}]`, x, text);
    });
    return Object.freeze([...list]) as unknown as Numbers<D>;
  }) as Param<Numbers<D>, "nums", false, Numbers<D>>;
}

/** Any number of whole numbers, all in one range. */
export function ints<const D extends readonly number[] | Required>(
  value: D,
  within: string,
  doc: string,
): Param<readonly number[], "ints", RequiredIf<D>, readonly number[]> {
  const element = int(0, within, "");
  return param("ints", "readonly number[]", value, doc, within, (given, where, name) => {
    const list = listOf(given, where, name, "whole numbers");
    return Object.freeze(list.map((x, i) => element.read(x, where, `${name}[${i}]`)));
  });
}

/** Any number of numbers, all in one range. */
export function floats<const D extends readonly number[] | Required>(
  value: D,
  within: string,
  doc: string,
): Param<readonly number[], "floats", RequiredIf<D>, readonly number[]> {
  const element = num(0, within, "");
  return param("floats", "readonly number[]", value, doc, within, (given, where, name) => {
    const list = listOf(given, where, name, "numbers");
    return Object.freeze(list.map((x, i) => element.read(x, where, `${name}[${i}]`)));
  });
}

/** One entry for each of one, two or three axes. */
type PerAxis<T = number, N extends 1 | 2 | 3 = 1 | 2 | 3> = {
  1: readonly [T];
  2: readonly [T, T];
  3: readonly [T, T, T];
}[N];

/** One whole number for all of `axes` image axes, or a list with one for each: [height, width]. Read as the list. */
export function perAxis<const N extends 1 | 2 | 3, const D extends number | Required>(
  axes: N,
  value: D,
  within: string,
  doc: string,
): Param<PerAxis<number, N>, "perAxis", RequiredIf<D>, PerAxis<number, N> | number> {
  return perAxisOf(axes, value, int(0, within, ""), doc) as never;
}

/** As `perAxis`, where an entry may be null. */
export function perAxisOrNull<const N extends 1 | 2 | 3>(
  axes: N,
  within: string,
  doc: string,
): Param<PerAxis<number | null, N>, "perAxis", true, PerAxis<number | null, N> | number | null> {
  return perAxisOf(axes, required, nullable(int(required, within, "")), doc) as never;
}

function perAxisOf<T>(
  axes: 1 | 2 | 3,
  value: T | Required,
  element: Param<T>,
  doc: string,
): Param<readonly T[], "perAxis", boolean, readonly T[] | T> {
  const each = Array.from({ length: axes }, () => element.type).join(", ");
  const type = `${element.type} | readonly [${each}]`;
  const noun = `a whole number or ${["[length]", "[height, width]", "[depth, height, width]"][axes - 1]}`;
  const all = (one: T): readonly T[] => Array.from({ length: axes }, () => one);
  const initial = value === required ? required : all(value as T);
  return param<readonly T[], "perAxis", typeof initial, readonly T[] | T>(
    "perAxis",
    type,
    initial,
    doc,
    element.range,
    (given, where, name) => {
      if (Array.isArray(given)) {
        if (given.length !== axes) throw wrong(where, name, noun, given);
        return given.map((one, i) => element.read(one, where, `${name}[${i}]`));
      }
      if (typeof given !== "number" && given !== null) throw wrong(where, name, noun, given);
      return all(element.read(given, where, name));
    },
  );
}

export function bool<const D extends boolean | Required>(
  value: D,
  doc: string,
): Param<boolean, "bool", RequiredIf<D>, boolean> {
  return param("bool", "boolean", value, doc, undefined, (given, where, name) => {
    if (typeof given !== "boolean") throw wrong(where, name, "true or false", given);
    return given;
  });
}

export function text<const D extends string | Required>(
  value: D,
  doc: string,
): Param<string, "text", RequiredIf<D>, string> {
  return param("text", "string", value, doc, undefined, (given, where, name) => {
    if (typeof given !== "string") throw wrong(where, name, "a string", given);
    return given;
  });
}

/** One of a few words. */
export function choice<const C extends readonly string[], const D extends C[number] | Required>(
  value: D,
  choices: C,
  doc: string,
): Param<C[number], "choice", RequiredIf<D>, C[number]> {
  const type = choices.map((c) => `"${c}"`).join(" | ");
  return param<C[number], "choice", D>("choice", type, value, doc, undefined, (given, where, name) => {
    if (choices.includes(given as string)) return given as C[number];
    if (typeof given !== "string") throw wrong(where, name, `one of ${type}`, given);
    throw new ConfigError(`${where}: ${name} = "${given}" is not one of ${type}${didYouMeanOnly(given, choices)}`, {
      fault: { kind: "choice", where, option: name, names: choices },
    });
  });
}

/**
 * Anything else: `accepts` tests a given value other than the default, `noun` says in an error what it must be, `type` is its TypeScript text.
 *
 *   value<Initializer>(kaimingUniform(), { type: "Initializer", noun: "an initializer, such as init.zeros()", accepts: isInitializer }, "…")
 */
export function value<T, const D extends T | Required = T | Required>(
  initial: D,
  { type, noun, accepts }: { type: string; noun: string; accepts: (given: unknown) => boolean },
  doc: string,
): Param<T, "value", RequiredIf<D>, T> {
  return param<T, "value", D>("value", type, initial, doc, undefined, (given, where, name) => {
    if (given !== initial && !accepts(given)) throw wrong(where, name, noun, given);
    return given as T;
  });
}

/** A function; what it is given and returns is for `signature` to say. */
export function func<F, const D extends F | Required = F | Required>(
  initial: D,
  signature: string,
  doc: string,
): Param<F, "func", RequiredIf<D>, F> {
  return param<F, "func", D>("func", signature, initial, doc, undefined, (given, where, name) => {
    if (typeof given !== "function") throw wrong(where, name, `a function ${signature}`, given);
    return given as F;
  });
}

/** `inner`, or null, which is the default. */
export function optional<T, K extends string, G>(
  inner: Param<T, K, boolean, G>,
): Param<T | null, `${K}?`, false, G | null> {
  return { ...nullable(inner), required: false, default: null };
}

/** `inner`, or null; the default stays that of `inner`. */
export function nullable<T, K extends string, R extends boolean, G>(
  inner: Param<T, K, R, G>,
): Param<T | null, `${K}?`, R, G | null> {
  const { given: _, ...rest } = inner;
  return {
    ...rest,
    kind: `${inner.kind}?`,
    type: `${inner.type} | null`,
    read: (given, where, name) => (given === null ? null : inner.read(given, where, name)),
  };
}

/** The first of two that accepts what is given; the default is that of the first, the error that of the last. */
export function either<A, B, R extends boolean, GA, GB>(
  a: Param<A, string, R, GA>,
  b: Param<B, string, boolean, GB>,
): Param<A | B, "either", R, GA | GB> {
  return {
    kind: "either",
    type: `${a.type} | ${b.type}`,
    required: a.required,
    default: a.default,
    ...(a.range ? { range: a.range } : {}),
    doc: a.doc,
    read: (given, where, name) => {
      try {
        return a.read(given, where, name);
      } catch (error) {
        // what is of the first's kind and only outside its range is told so by the first
        if (typeof given === typeof a.default) throw error;
        return b.read(given, where, name);
      }
    },
  };
}

/** A value as it is shown in an error: `"0.1"`, `[1, 2]`, `a function`. */
export function show(given: unknown): string {
  if (typeof given === "string") return JSON.stringify(given);
  if (typeof given === "function") return "a function";
  if (Array.isArray(given)) {
    return given.length > 8 ? `[${given.slice(0, 8).map(show).join(", ")}, ...]` : `[${given.map(show).join(", ")}]`;
  }
  if (typeof given !== "object" || given === null) return String(given);
  const { type } = given as { type?: unknown };
  return typeof type === "string" ? `${type}(...)` : `{ ${Object.keys(given).slice(0, 8).join(", ")} }`;
}

function param<T, K extends string, D, G = T>(
  kind: K,
  type: string,
  initial: D | T,
  doc: string,
  rangeText: string | undefined,
  read: Param<T>["read"],
): Param<T, K, RequiredIf<D>, G> {
  const isRequired = (initial as unknown) === required;
  return {
    kind,
    type,
    required: isRequired as RequiredIf<D>,
    default: isRequired ? undefined : (initial as T),
    ...(rangeText === undefined ? {} : { range: rangeText }),
    doc,
    read,
  };
}

function listOf(given: unknown, where: string, name: string, noun: string): readonly unknown[] {
  if (Array.isArray(given)) return given;
  throw wrong(where, name, `a list of ${noun}`, given);
}

function wrong(where: string, name: string, noun: string, given: unknown): ConfigError {
  return new ConfigError(`${where}: ${name} must be ${noun}, not ${show(given)}`, {
    fault: { kind: "type", where, option: name },
  });
}

function outside(where: string, name: string, given: number, within: string): ConfigError {
  return new ConfigError(`${where}: ${name} = ${given} is outside ${within}`, {
    fault: { kind: "range", where, option: name, range: within },
  });
}

/** The hint alone: a choice's error lists all the words already. */
function didYouMeanOnly(given: string, names: readonly string[]): string {
  const hint = didYouMean(given, names);
  return hint.startsWith("; did") ? hint : "";
}
