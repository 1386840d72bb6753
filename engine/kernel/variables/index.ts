import { types } from "node:util";
import { UserError } from "../../errors/index.ts";
import type { DescribedValue, Part, Variable } from "../../protocol/index.ts";
import { HostTensor, sizeOf } from "../../tensor/index.ts";
import { describe, digits, firstOf, lengthOf, numbersOf, shapeOf, short, sizeOfMap, sizeOfSet } from "./describe.ts";
import { MemoryCount } from "./memory.ts";
import { isComputed, isObject, keysOf, own } from "./safe.ts";

/** Names of one answer. */
const MOST_NAMES = 1000;
/** Parts of one answer. */
const MOST_PARTS = 100;
/** Numbers that statistics look at. */
const MOST_NUMBERS = 1 << 20;
/** Characters of a value's whole text. */
const MOST_TEXT = 20_000;
/** A summary is one line. */
const oneLine = (text: string) => text.replace(/\s+/g, " ");

/** Names with their values in words. No code of a value runs, so that none can hang or fail. */
export function listVariables(named: readonly (readonly [name: string, value: unknown])[]): Variable[] {
  const shown = named.slice(-MOST_NAMES);
  const memory = new MemoryCount(shown.map(([, value]) => value));
  return shown.map(([name, value]) => ({ name, ...whole(value, memory) }));
}

/**
 * What a value is made of, from part `from` on: at most 100 parts. `path` leads to it by the keys of parts. Throws UserError when
 * there is no such part any more.
 */
export function inspectParts(
  value: unknown,
  path: readonly string[],
  from: number,
): { parts: Part[]; more: number; text: string } {
  const at = path.reduce((parent, key) => {
    const child = childOf(parent, key);
    if (child === undefined) throw new UserError(`there is no "${key}" in it any more`);
    return child.value;
  }, value);
  const { statistics, total, part } = partsOf(at);
  const upTo = Math.min(total, from + MOST_PARTS);
  const memory = new MemoryCount();
  const parts: Part[] = from === 0 ? [...statistics] : [];
  for (let i = from; i < upTo; i++) {
    const { key, label, value: child, computed } = part(i);
    const words = computed
      ? { type: "getter", summary: "computed when it is read", shape: null, parts: false, bytes: 0, atLeast: false }
      : whole(child, memory);
    parts.push({ key, label, ...words });
  }
  return { parts, more: total - upTo, text: textOf(at) };
}

function whole(value: unknown, memory: MemoryCount): DescribedValue {
  const words = describe(value);
  return { ...words, summary: oneLine(words.summary), ...memory.of(value) };
}

function textOf(value: unknown): string {
  if (isObject(value) && shapeOf(value) !== null && numbersOf(value) !== null && value instanceof HostTensor)
    return HostTensor.prototype.toString.call(value).slice(0, MOST_TEXT);
  return short(value, MOST_TEXT, 4);
}

interface Child {
  readonly key: string;
  readonly label: string;
  readonly value: unknown;
  readonly computed?: boolean;
}

interface Parts {
  readonly statistics: readonly Part[];
  readonly total: number;
  part(i: number): Child;
}

function partsOf(value: unknown): Parts {
  const none: Parts = { statistics: [], total: 0, part: () => ({ key: "", label: "", value: undefined }) };
  if (!isObject(value) || types.isProxy(value) || typeof value === "function") return none;
  const indexed = (total: number, at: (i: number) => unknown, statistics: readonly Part[] = []): Parts => ({
    statistics,
    total,
    part: (i) => ({ key: String(i), label: `[${i}]`, value: at(i) }),
  });
  const numbers = shapeOf(value) === null ? null : numbersOf(value);
  if (numbers !== null) {
    const shape = shapeOf(value) as number[];
    const dtype = own(value, "dtype") as HostTensor["dtype"];
    const row = sizeOf(shape.slice(1));
    const at = (i: number) => {
      if (shape.length < 2) return numbers.at(i);
      const data = Float32Array.from({ length: row }, (_, k) => numbers.at(i * row + k));
      const held = dtype === "f32" ? data : dtype === "i32" ? Int32Array.from(data) : Uint32Array.from(data);
      return new HostTensor(shape.slice(1), dtype, held);
    };
    return indexed(shape.length === 0 ? 0 : (shape[0] as number), at, statisticsOf(numbers));
  }
  if (Array.isArray(value)) return indexed(value.length, (i) => own(value, i));
  if (types.isTypedArray(value)) {
    const at = (i: number) => Number(own(value, i));
    return indexed(
      lengthOf(value),
      at,
      types.isFloat32Array(value) ? statisticsOf({ length: lengthOf(value), at }) : [],
    );
  }
  if (types.isSet(value)) {
    const all = firstOf(Set.prototype.values.call(value), 10_000);
    return indexed(Math.min(sizeOfSet(value), all.length), (i) => all[i]);
  }
  if (types.isMap(value)) {
    const all = firstOf(Map.prototype.entries.call(value), 10_000);
    const part = (i: number) => {
      const [key, held] = all[i] as [unknown, unknown];
      return { key: String(i), label: `[${short(key, 60, 1)}]`, value: held };
    };
    return { statistics: [], total: Math.min(sizeOfMap(value), all.length), part };
  }
  const keys = keysOf(value);
  const part = (i: number) => {
    const key = keys[i] as string;
    return { key, label: key.slice(0, 100), value: own(value, key), computed: isComputed(value, key) };
  };
  return { statistics: [], total: keys.length, part };
}

function childOf(value: unknown, key: string): Child | undefined {
  const isIndexed =
    Array.isArray(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isTypedArray(value) ||
    shapeOf(value) !== null;
  if (isIndexed) {
    const parts = partsOf(value);
    const i = Number(key);
    return Number.isInteger(i) && i >= 0 && i < parts.total ? parts.part(i) : undefined;
  }
  return isObject(value) && keysOf(value).includes(key) ? { key, label: key, value: own(value, key) } : undefined;
}

function statisticsOf({ length, at }: { length: number; at(word: number): number }): Part[] {
  if (length === 0) return [];
  const looked = Math.min(length, MOST_NUMBERS);
  let [min, max, sum, wrong] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < looked; i++) {
    const value = at(i);
    if (!Number.isFinite(value)) wrong++;
    else {
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
  }
  const fine = looked - wrong;
  const of = looked < length ? ` of the first ${looked.toLocaleString("en-US")} numbers` : "";
  const row = (label: string, summary: string): Part => ({
    key: `:${label}`,
    label,
    type: "statistic",
    summary,
    shape: null,
    bytes: 0,
    atLeast: false,
    parts: false,
  });
  const finite =
    fine > 0 ? [row("min", digits(min) + of), row("mean", digits(sum / fine) + of), row("max", digits(max) + of)] : [];
  return wrong > 0
    ? [...finite, row("not finite", `${wrong.toLocaleString("en-US")} of ${looked.toLocaleString("en-US")}`)]
    : finite;
}
