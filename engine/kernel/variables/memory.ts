import { types } from "node:util";
import { isObject, keysOf, own } from "./safe.ts";

/** Values that are looked at for one answer. */
const VISITS = 20_000;
/** Of one name. */
const EACH = 5000;

export interface Memory {
  readonly bytes: number;
  /** There is more than was looked at. */
  readonly atLeast: boolean;
}

/**
 * Host memory of values, by what can be seen of them: exact for tensors and typed arrays, about right for the rest. What is another
 * name's value, or was counted before, counts there.
 */
export class MemoryCount {
  readonly #seen = new Set<object>();
  #visits = VISITS;

  /** `named`: values that have names of their own. */
  constructor(named: Iterable<unknown> = []) {
    for (const value of named) if (isObject(value)) this.#seen.add(value);
  }

  of(value: unknown): Memory {
    let bytes = 0;
    let left = Math.min(EACH, this.#visits);
    const begun = left;
    const waiting: unknown[] = [];
    const enter = (next: unknown) => {
      if (typeof next === "string") bytes += 2 * next.length;
      else if (typeof next === "number" || typeof next === "bigint") bytes += 8;
      if (isObject(next) && !types.isProxy(next) && typeof next !== "function" && !this.#seen.has(next)) {
        this.#seen.add(next);
        waiting.push(next);
      }
    };
    if (isObject(value)) waiting.push(value);
    else enter(value);
    for (let at = waiting.pop(); at !== undefined && left > 0; at = waiting.pop(), left--) {
      bytes += 16;
      const object = at as object;
      if (types.isProxy(object) || typeof object === "function") continue;
      if (types.isAnyArrayBuffer(object)) bytes += object.byteLength;
      else if (ArrayBuffer.isView(object)) enter(bufferOf(object));
      else if (Array.isArray(object) && isNumbers(object)) bytes += 8 * object.length;
      else if (types.isMap(object)) {
        const entries = Map.prototype.entries.call(object);
        for (let next = entries.next(); !next.done && waiting.length < left; next = entries.next())
          next.value.forEach(enter);
      } else if (types.isSet(object)) {
        const values = Set.prototype.values.call(object);
        for (let next = values.next(); !next.done && waiting.length < left; next = values.next()) enter(next.value);
      } else {
        for (const key of keysOf(object)) {
          if (waiting.length >= left) break;
          bytes += 8;
          enter(own(object, key));
        }
      }
    }
    this.#visits -= begun - left;
    return { bytes, atLeast: left <= 0 };
  }
}

const views = [Uint8Array.prototype, DataView.prototype].map(
  (type) =>
    Object.getOwnPropertyDescriptor(type === DataView.prototype ? type : Object.getPrototypeOf(type), "buffer")?.get,
);

/** Whatever a subclass says. */
function bufferOf(view: object): unknown {
  return views[types.isDataView(view) ? 1 : 0]?.call(view);
}

/** Whether a list holds numbers alone, as far as its ends and its middle tell. */
function isNumbers(list: readonly unknown[]): boolean {
  const places = [0, 1, 2, list.length >> 1, list.length - 2, list.length - 1];
  return list.length > 8 && places.every((place) => typeof own(list, place) === "number");
}
