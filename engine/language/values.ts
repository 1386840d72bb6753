import type { Node } from "acorn";
import type { Experiment } from "../session/index.ts";

/** What is not known before the cells run. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** The run that a fit of this experiment will give: nothing is known of it but what it is. */
export class RunToBe {
  readonly experiment: Experiment;

  constructor(experiment: Experiment) {
    this.experiment = experiment;
  }
}

/** Something of an experiment or run that only a run can tell, or a method that is not called here: `fit`, `inspect.gradients`. */
export class Member {
  readonly of: Experiment | RunToBe;
  readonly path: string;

  constructor(of: Experiment | RunToBe, path: string) {
    this.of = of;
    this.path = path;
  }
}

/** What this thread has computed so far, in ms: an analysis on a busy machine may take its time. */
export function computedMs(): number {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage)();
  return (user + system) / 1000;
}

/** What stops an evaluation that nothing certain can come of. */
export class Silent extends Error {}

/** What ends an analysis that takes too long. */
export class OutOfTime extends Error {}

/** A function that a cell wrote. */
export interface Closure {
  readonly node: Node;
  /** Names that it reads and may change. */
  readonly scope: Scope;
}

/** A variable: its value, and the expression that it was declared with. */
export interface Binding {
  value: unknown;
  init: Node | null;
}

/** Names in force at a place of a cell. */
export class Scope {
  readonly #names = new Map<string, Binding>();
  readonly #parent: Scope | null;

  constructor(parent: Scope | null) {
    this.#parent = parent;
  }

  find(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.#parent?.find(name);
  }

  /** A scope beside this one, with variables of the same names and values: the next turn of a loop. */
  next(): Scope {
    const next = new Scope(this.#parent);
    for (const [name, { value, init }] of this.#names) next.declare(name, value, init);
    return next;
  }

  declare(name: string, value: unknown, init: Node | null = null): void {
    this.#names.set(name, { value, init });
  }
}

export const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Lists and records of cells, which cells may change. */
const isOpen = (value: unknown): value is object =>
  typeof value === "object" &&
  value !== null &&
  !Object.isFrozen(value) &&
  (Array.isArray(value) || value instanceof Map || value instanceof Set || isPlain(value));

/** What one analysis knows of values beside the values: the functions that cells wrote, and what may have changed unseen. */
export class Knowledge {
  readonly closures = new WeakMap<object, Closure>();
  readonly #doubtful = new WeakSet<object>();

  isUnknown(value: unknown): boolean {
    return value instanceof RunToBe || value instanceof Member || this.isOpaque(value);
  }

  /** Whether not even the members of a value have a meaning. */
  isOpaque(value: unknown): boolean {
    return value === UNKNOWN || (typeof value === "object" && value !== null && this.#doubtful.has(value));
  }

  /** Whether a value, or one within it, is unknown. */
  hasUnknown(value: unknown, seen = new Set<object>()): boolean {
    if (this.isUnknown(value)) return true;
    if (typeof value !== "object" || value === null || seen.has(value)) return false;
    seen.add(value);
    if (Array.isArray(value)) return value.some((each) => this.hasUnknown(each, seen));
    if (value instanceof Map || value instanceof Set) return [...value].some((each) => this.hasUnknown(each, seen));
    return isPlain(value) && Object.values(value).some((each) => this.hasUnknown(each, seen));
  }

  /** From here on nothing is known of a list or record that something unknown may have changed, nor of what is in it. */
  doubt(value: unknown): void {
    if (!isOpen(value) || this.#doubtful.has(value)) return;
    this.#doubtful.add(value);
    const within = value instanceof Map || value instanceof Set ? [...value].flat() : Object.values(value);
    for (const each of within) this.doubt(each);
  }

  /** The value itself. Throws Silent for what is not known. */
  certain(value: unknown): unknown {
    if (this.isUnknown(value)) throw new Silent();
    return value;
  }

  /** What a loop or a spread goes through. Throws Silent for what is none of the known kinds of list. */
  items(value: unknown): Iterable<unknown> {
    this.certain(value);
    if (typeof value === "string" || Array.isArray(value) || value instanceof Map || value instanceof Set) return value;
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return value as unknown as Iterable<unknown>;
    // what entries() and matchAll() give
    if (
      typeof value === "object" &&
      value !== null &&
      Object.getPrototypeOf(value)?.[Symbol.toStringTag]?.endsWith?.("Iterator")
    ) {
      return value as Iterable<unknown>;
    }
    throw new Silent();
  }
}
