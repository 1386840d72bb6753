import { Dataset, PairsDataset, Splits, TextDataset } from "../data/index.ts";
import { globals } from "../library.ts";
import { Tensor } from "../ops/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { makesTransform } from "./sources.ts";

type Function_ = (...given: never[]) => unknown;

const TYPED = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
] as const;

/** What leads from a value to what could do more than compute. */
export const CLOSED_KEYS: ReadonlySet<PropertyKey> = new Set([
  "constructor",
  "prototype",
  "__proto__",
  "__defineGetter__",
  "__defineSetter__",
  "__lookupGetter__",
  "__lookupSetter__",
  "caller",
  "callee",
  "arguments",
]);

const silently = () => undefined;

/** The names that every cell has, as far as what they do can be done without effects. */
export const known: Readonly<Record<string, unknown>> = {
  ...globals,
  undefined,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  Math,
  Object,
  Array,
  Number,
  String,
  Boolean,
  JSON,
  Map,
  Set,
  Promise,
  parseInt: Number.parseInt,
  parseFloat: Number.parseFloat,
  isNaN: Number.isNaN,
  isFinite: Number.isFinite,
  console: Object.freeze(
    Object.fromEntries(["log", "info", "warn", "error", "debug", "table"].map((k) => [k, silently])),
  ),
  display: silently,
  ...Object.fromEntries(TYPED.map((type) => [type.name, type])),
};

/** Functions that only compute. What is not among them is never called. */
const pure = new Set<unknown>([silently, Number, String, Boolean, Number.parseInt, Number.parseFloat]);
/** Those that only hand on what a function of a cell returns, known or not. */
const handing = new Set<unknown>();

const functionsOf = (of: object, except: readonly string[] = []): [string, unknown][] =>
  Object.entries(Object.getOwnPropertyDescriptors(of)).flatMap(([name, { value }]) =>
    typeof value === "function" && !CLOSED_KEYS.has(name) && !except.includes(name) ? [[name, value]] : [],
  );

for (const each of [
  Object.getPrototypeOf(Int8Array.prototype) as object,
  Array.prototype,
  String.prototype,
  Number.prototype,
  Boolean.prototype,
  Map.prototype,
  Set.prototype,
  RegExp.prototype,
  Array,
  ...TYPED,
  JSON,
]) {
  for (const [, value] of functionsOf(each)) pure.add(value);
}
for (const [, value] of functionsOf(Math, ["random"])) pure.add(value);
for (const [, value] of functionsOf(Number)) pure.add(value);
for (const name of [
  "keys",
  "values",
  "entries",
  "fromEntries",
  "assign",
  "freeze",
  "hasOwn",
  "is",
  "groupBy",
] as const) {
  pure.add((Object as unknown as Record<string, unknown>)[name]);
}
for (const name of ["all", "resolve"] as const) pure.add(Promise[name]);
for (const each of [Dataset, Splits, TextDataset, PairsDataset, Tensor, HostTensor]) {
  for (const [, value] of functionsOf(each.prototype)) pure.add(value);
}
for (const name of ["map", "forEach", "reduce", "reduceRight"] as const) handing.add(Array.prototype[name]);
handing.add(Array.from);

for (const name of [
  "augment",
  "average",
  "init",
  "loss",
  "metrics",
  "nn",
  "optim",
  "regularize",
  "schedule",
] as const) {
  for (const [of, value] of functionsOf(globals[name])) if (of !== "preview") pure.add(value);
}

for (const [, value] of functionsOf(globals.tensor)) pure.add(value);
pure.add(globals.tensor);

export const isPure = (value: unknown): value is Function_ => pure.has(value);
export const isHanding = (value: unknown): boolean => handing.has(value);

for (const value of makesTransform) pure.add(value);
pure.add(globals.toy.surface);

const constructors = new Set<unknown>([Map, Set, Array, ...TYPED]);

/** Classes that cells may make objects of here. */
export const isConstructor = (value: unknown): value is new (...given: unknown[]) => unknown => constructors.has(value);

/** The most that one call may make: numbers of a list, letters of a text. */
const MOST_ITEMS = 1_000_000;
const MOST_LETTERS = 10_000_000;
/** Operands of tensors that compute at once: products and broadcasts of larger ones could take long. */
const MOST_ELEMENTS = 4096;

const makers = new Set(
  ["full", "zeros", "ones", "arange", "linspace", "eye", "rand", "randn", "randint"].flatMap((name) =>
    functionsOf(globals.tensor).flatMap(([made, value]) => (made === name ? [value] : [])),
  ),
);
/** Methods of tensors that take no time whatever their size. */
const free = new Set<unknown>([HostTensor.prototype.at, HostTensor.prototype.item, HostTensor.prototype.reshape]);

/** Whether a call of a function that only computes would take too much memory or time. */
export function isTooMuch(call: unknown, self: unknown, given: readonly unknown[]): boolean {
  const [first] = given;
  if (call === String.prototype.repeat) return String(self).length * Number(first) > MOST_LETTERS;
  if (call === String.prototype.padStart || call === String.prototype.padEnd) return Number(first) > MOST_LETTERS;
  if (call === Array.from || isConstructor(call)) {
    const length = typeof first === "number" ? first : (first as { length?: unknown } | null | undefined)?.length;
    return Number(length) > MOST_ITEMS;
  }
  if (call !== globals.tensor && makers.has(call)) {
    const lengths = given.flatMap((each) => (Array.isArray(each) || typeof each === "number" ? each : []));
    return lengths.reduce((product: number, n) => product * Math.max(1, Math.abs(Number(n))), 1) > MOST_ITEMS;
  }
  if (free.has(call)) return false;
  const operands = [self, ...given].filter((each) => each instanceof HostTensor);
  return typeof call === "function" && operands.length > 0 && operands.some(({ size }) => size > MOST_ELEMENTS);
}
