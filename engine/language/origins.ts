import type { CallExpression, Node } from "acorn";
import type { Call } from "./interpret/index.ts";

/** A place in a cell's text, in UTF-16 units. */
export interface Place {
  readonly cell: string;
  readonly start: number;
  readonly end: number;
}

/** Where a record's or list's member was written: its name and its value. */
export interface MemberOrigin {
  readonly key: Node;
  readonly value: Node;
}

interface Written {
  readonly node: Node;
  readonly members: Map<string, MemberOrigin>;
}

/** Which call or literal of a cell made a value. */
export class Origins {
  readonly #written = new WeakMap<object, Written>();
  readonly #calls = new WeakMap<object, Call>();
  readonly #handed = new WeakMap<object, CallExpression[]>();
  readonly #cellOf: (node: Node) => string | undefined;

  constructor(cellOf: (node: Node) => string | undefined) {
    this.#cellOf = cellOf;
  }

  made(value: object, node: Node): void {
    this.#written.set(value, { node, members: new Map() });
  }

  member(of: object, name: string, key: Node, value: Node): void {
    this.#written.get(of)?.members.set(name, { key, value });
  }

  /** What `...from` brought into `to`. */
  spread(from: object, to: object): void {
    const [source, target] = [this.#written.get(from), this.#written.get(to)];
    if (source && target) for (const [name, origin] of source.members) target.members.set(name, origin);
  }

  called(result: object, call: Call): void {
    // what hands on a value, as at(0) of a list, did not make it
    if (!this.#calls.has(result)) this.#calls.set(result, call);
  }

  /** A cell's own function gave the value. */
  handed(result: object, node: CallExpression): void {
    const before = this.#handed.get(result);
    if (before) before.push(node);
    else this.#handed.set(result, [node]);
  }

  /** The literal that a record or list was written as. */
  written(value: unknown): Written | undefined {
    return typeof value === "object" && value !== null ? this.#written.get(value) : undefined;
  }

  /** The call that made a value. */
  callOf(value: unknown): Call | undefined {
    return typeof value === "object" && value !== null ? this.#calls.get(value) : undefined;
  }

  /** The calls that stand for a value in cells: the one that made it, and those of functions that handed it on. */
  callsOf(value: object): readonly CallExpression[] {
    const made = this.#calls.get(value);
    return [...(made ? [made.node] : []), ...(this.#handed.get(value) ?? [])];
  }

  sameCell(a: Node, b: Node): boolean {
    return this.#cellOf(a) === this.#cellOf(b);
  }

  /** Undefined for nodes of no cell that is looked at. */
  place(node: Node, { start, end }: { start: number; end: number } = node): Place | undefined {
    const cell = this.#cellOf(node);
    return cell === undefined ? undefined : { cell, start, end };
  }
}
