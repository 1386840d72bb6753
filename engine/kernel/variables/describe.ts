import { types } from "node:util";
import { Dataset, FileTensor, Splits } from "../../data/index.ts";
import { Tensor } from "../../ops/index.ts";
import type { DescribedValue } from "../../protocol/index.ts";
import { Experiment, Run } from "../../session/index.ts";
import { HostTensor, type Shape, sizeOf } from "../../tensor/index.ts";
import { className, dig, isA, isComputed, isObject, keysOf, own } from "./safe.ts";

type Words = Omit<DescribedValue, "bytes" | "atLeast">;

/** Length of a summary. */
const ROOM = 120;
/** Elements of a list or an object that a summary may show. */
const SHOWN = 12;

/** A value in words, found without running any code of it. */
export function describe(value: unknown): Words {
  const plain = (type: string, summary = short(value), parts = false, shape: Shape | null = null): Words => ({
    type,
    summary,
    shape,
    parts,
  });
  if (value === null) return plain("null", "null");
  if (!isObject(value)) return plain(typeof value);
  if (types.isProxy(value)) return plain("proxy", "not looked into: its answers are code");
  if (typeof value === "function") return plain(functionKind(value), sourceOf(value).slice(0, ROOM));
  const shape = shapeOf(value);
  if (shape !== null) {
    const dtype = String(own(value, "dtype"));
    const size = `${shape.join("×")}${shape.length > 0 ? " " : ""}${dtype}`;
    if (isA(value, Tensor)) return plain(`Symbolic tensor ${size}`, `no numbers yet: ${own(value, "op")}`, true, shape);
    const inFile = isA(value, FileTensor);
    return plain(`Tensor ${size}`, inFile ? "its rows stay in their file" : numbersIn(value), !inFile, shape);
  }
  if (isA(value, Dataset)) {
    const sizes = shapeOf(own(value, "x")) ?? [];
    return plain(`Dataset ${sizes.map(count).join(" × ")}`, `${own(value, "name")}: ${target(value)}`, true, sizes);
  }
  if (isA(value, Splits)) {
    const parts = ["train", "valid", "test"].flatMap((part) => {
      const n = shapeOf(dig(value, part, "x"))?.[0];
      return n === undefined ? [] : [`${part} ${count(n)}`];
    });
    return plain("Splits", `${dig(value, "train", "name")}: ${parts.join(", ")}`, true);
  }
  if (isA(value, Experiment)) return plain("Experiment", experimentLine(value), true);
  if (isA(value, Run)) return plain("Run", runLine(value), true);
  const definition = own(value, "definition");
  const kind = own(value, "type");
  if (isObject(definition) && typeof kind === "string")
    return plain(kind, short(own(value, "options")), keysOf(value).length > 0);
  if (Array.isArray(value)) return plain(`Array ${count(value.length)}`, short(value), value.length > 0);
  if (types.isTypedArray(value))
    return plain(`${className(value)} ${count(lengthOf(value))}`, short(value), lengthOf(value) > 0);
  if (types.isMap(value)) return plain(`Map ${count(sizeOfMap(value))}`, short(value), sizeOfMap(value) > 0);
  if (types.isSet(value)) return plain(`Set ${count(sizeOfSet(value))}`, short(value), sizeOfSet(value) > 0);
  return plain(className(value), short(value), keysOf(value).length > 0);
}

/** A value as text of at most `room` characters: one line, unless it is a text itself. */
export function short(value: unknown, room = ROOM, depth = 2): string {
  const text = typeof value === "string" && depth > 2 ? value.slice(0, room + 1) : written(value, room, depth);
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}

function written(value: unknown, room: number, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  if (typeof value === "bigint") return value > 10n ** 40n || value < -(10n ** 40n) ? "a large bigint" : `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "symbol") return value.toString();
  if (!isObject(value)) return String(value);
  if (types.isProxy(value)) return "proxy";
  if (typeof value === "function") {
    const name = own(value, "name");
    return `${functionKind(value)}${typeof name === "string" && name !== "" ? ` ${name}` : ""}`;
  }
  const known = knownLine(value);
  if (known !== null) return known;
  const list = listed(value);
  if (depth === 0) return list ? `[${list.length > 0 ? "…" : ""}]` : `${named(value)}{…}`;
  // what does not fit need not be written
  let used = 0;
  const parts: string[] = [];
  const add = (part: string) => {
    parts.push(part);
    used += part.length + 2;
    return used < room;
  };
  const inner = (part: unknown) => written(part, room, depth - 1);
  if (list) {
    const shown = Math.min(list.length, depth > 2 ? 200 : SHOWN);
    for (let i = 0; i < shown && add(inner(list.at(i))); i++);
    if (parts.length < list.length) parts.push("…");
    return `${list.name}[${parts.join(", ")}]`;
  }
  const keys = keysOf(value);
  for (const key of keys.slice(0, depth > 2 ? 200 : SHOWN)) {
    const name = /^[\w$]+$/.test(key) ? key : JSON.stringify(key.slice(0, 60));
    if (!add(`${name}: ${isComputed(value, key) ? "(getter)" : inner(own(value, key))}`)) break;
  }
  if (parts.length < keys.length) parts.push("…");
  return `${named(value)}${parts.length > 0 ? `{ ${parts.join(", ")} }` : "{}"}`;
}

/** What has an order: its elements by their place. */
function listed(value: object): { name: string; length: number; at(i: number): unknown } | null {
  if (Array.isArray(value)) return { name: "", length: value.length, at: (i) => own(value, i) };
  if (types.isTypedArray(value)) return { name: "", length: lengthOf(value), at: (i) => own(value, i) };
  if (types.isSet(value)) {
    const all = firstOf(Set.prototype.values.call(value), SHOWN);
    return { name: "Set ", length: sizeOfSet(value), at: (i) => all[i] };
  }
  if (!types.isMap(value)) return null;
  const all = firstOf(Map.prototype.entries.call(value), SHOWN);
  return { name: "Map ", length: sizeOfMap(value), at: (i) => all[i] };
}

export function firstOf<T>(values: Iterator<T>, most: number): T[] {
  const found: T[] = [];
  for (let next = values.next(); !next.done && found.length < most; next = values.next()) found.push(next.value);
  return found;
}

/** The `size` and `length` that they have, whatever a subclass says. */
const getter = (type: object, name: string): ((this: unknown) => number) =>
  Object.getOwnPropertyDescriptor(type, name)?.get as (this: unknown) => number;
const typedLength = getter(Object.getPrototypeOf(Uint8Array.prototype), "length");
const mapSize = getter(Map.prototype, "size");
const setSize = getter(Set.prototype, "size");
export const lengthOf = (value: unknown): number => typedLength.call(value);
export const sizeOfMap = (value: unknown): number => mapSize.call(value);
export const sizeOfSet = (value: unknown): number => setSize.call(value);

function knownLine(value: object): string | null {
  if (types.isDate(value)) {
    const time = Date.prototype.getTime.call(value);
    return Number.isNaN(time) ? "an invalid date" : new Date(time).toISOString();
  }
  if (types.isRegExp(value)) return "regular expression";
  if (types.isPromise(value)) return "promise";
  if (types.isNativeError(value)) return `${className(value)}: ${String(own(value, "message") ?? "").slice(0, 200)}`;
  const shape = shapeOf(value);
  if (shape !== null) return `Tensor ${shape.join("×")} ${own(value, "dtype")}`;
  if (isA(value, Dataset) || isA(value, Splits) || isA(value, Experiment) || isA(value, Run))
    return describe(value).type;
  return null;
}

const named = (value: object): string => {
  const name = className(value);
  return name === "object" ? "" : `${name} `;
};

/** Of a tensor of ours, with numbers or without. */
export function shapeOf(value: unknown): number[] | null {
  if (!isObject(value) || !(isA(value, HostTensor) || isA(value, Tensor))) return null;
  const shape = own(value, "shape");
  return Array.isArray(shape) ? shape.map(Number) : null;
}

/** The numbers of a tensor on the host: `at` gives one of `length`; null when they are not in memory. */
export function numbersOf(tensor: object): { length: number; at(word: number): number } | null {
  const data = own(tensor, "data");
  if (types.isTypedArray(data)) return { length: lengthOf(data), at: (word) => Number(own(data, word)) };
  const bytes = own(tensor, "bytes");
  const levels = own(tensor, "levels");
  const shape = shapeOf(tensor);
  if (!types.isUint8Array(bytes) || !types.isFloat32Array(levels) || shape === null) return null;
  const groups = levels.length / 256;
  const each = sizeOf(shape.slice(1)) / groups;
  const group = (word: number) => (groups === 1 ? 0 : Math.floor(word / each) % groups);
  return { length: bytes.length, at: (word) => levels[group(word) * 256 + (bytes[word] as number)] as number };
}

function numbersIn(tensor: object): string {
  const numbers = numbersOf(tensor);
  if (numbers === null) return "";
  const shown = Array.from({ length: Math.min(8, numbers.length) }, (_, i) => digits(numbers.at(i)));
  if (shapeOf(tensor)?.length === 0) return shown.join("");
  return `${shown.join(", ")}${numbers.length > shown.length ? ", …" : ""}`;
}

export const digits = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);

const count = (n: number): string => n.toLocaleString("en-US");

function functionKind(value: object): string {
  return sourceOf(value).startsWith("class") ? "class" : "function";
}

function sourceOf(value: object): string {
  return Function.prototype.toString.call(value);
}

function target(set: object): string {
  const classes = own(set, "classes") ?? own(set, "labels");
  if (Array.isArray(classes)) return `${classes.length} ${own(set, "classes") ? "classes" : "labels"}`;
  return `targets ${shapeOf(own(set, "y"))?.slice(1).join("×") ?? ""}`;
}

function experimentLine(value: object): string {
  const parameters = dig(value, "config", "model", "declaration", "parameters");
  const sizes = Array.isArray(parameters) ? parameters.map((p) => own(p, "shape")).filter(Array.isArray) : [];
  const all = sizes.reduce((sum: number, shape) => sum + sizeOf(shape.map(Number)), 0);
  const optimizer = dig(value, "options", "optimizer", "type");
  return `${own(value, "name")}: ${count(all)} parameters, ${optimizer}, batches of ${dig(value, "options", "batchSize")}`;
}

function runLine(value: object): string {
  const record = own(value, "record");
  const [steps, epochs] = [own(record, "steps"), own(record, "epochs")].map(Number) as [number, number];
  const how = own(record, "stopped") === "finished" ? "" : `, ${String(own(record, "stopped"))}`;
  const final = own(record, "final");
  const wanted = isObject(final) ? keysOf(final).filter((key) => key.startsWith("valid")) : [];
  const figures = wanted.slice(0, 2).map((key) => `${key} ${digits(Number(own(final, key)))}`);
  return [`${own(record, "name")}: ${count(steps)} steps in ${count(epochs)} epochs${how}`, ...figures].join(", ");
}
