import { types } from "node:util";

/** Looking at values without running any of their code: no getter, no trap of a proxy, no method of theirs. */
const NO_CODE = Symbol("not a plain property");

/** An own property's value; undefined for what is no object, has no such property, is computed by a getter, or is a proxy. */
export function own(value: unknown, key: PropertyKey): unknown {
  const found = peek(value, key);
  return found === NO_CODE ? undefined : found;
}

/** `own` along a path: `dig(run, "record", "steps")`. */
export const dig = (value: unknown, ...path: readonly string[]): unknown => path.reduce(own, value);

/** Whether an own property is a getter, which only calling would answer. */
export const isComputed = (value: unknown, key: PropertyKey): boolean => peek(value, key) === NO_CODE;

function peek(value: unknown, key: PropertyKey): unknown {
  if (!isObject(value) || types.isProxy(value)) return undefined;
  try {
    const property = Object.getOwnPropertyDescriptor(value, key);
    return property && !("value" in property) ? NO_CODE : property?.value;
  } catch {
    // a module's export that is not there yet
    return NO_CODE;
  }
}

export const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** `instanceof`, where no link of the chain is a proxy. */
export function isA<T>(value: unknown, type: abstract new (...given: never[]) => T): value is T {
  for (const link of chain(value)) if (link === type.prototype) return true;
  return false;
}

/** Name of the class of an object: "object" for plain ones and those that do not say. */
export function className(value: object): string {
  for (const link of chain(value)) {
    const made = own(link, "constructor");
    if (typeof made !== "function") continue;
    const name = own(made, "name");
    return typeof name === "string" && name !== "" && name !== "Object" ? name : "object";
  }
  return "object";
}

/** Prototypes, nearest first, up to the first proxy. */
function* chain(value: unknown): Generator<object> {
  let at = value;
  for (let i = 0; i < 50 && isObject(at) && !types.isProxy(at); i++) {
    at = Object.getPrototypeOf(at);
    if (isObject(at)) yield at;
  }
}

/** Names of own enumerable properties. */
export function keysOf(value: object): string[] {
  if (types.isProxy(value)) return [];
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}
