import type { CallExpression, Expression, Node, SpreadElement, Statement } from "acorn";
import type { UserError } from "../../errors/index.ts";
import type { Memo } from "../memo.ts";
import type { Origins } from "../origins.ts";
import type { Knowledge, Scope } from "../values.ts";
import type { Failures } from "./failures.ts";

/** An evaluation that stops at each promise, which is what it yields, and goes on with its value. */
export type Steps<T = unknown> = Generator<PromiseLike<unknown>, T, unknown>;

/** A call as it is about to be made. */
export interface Call {
  readonly node: CallExpression;
  readonly fn: unknown;
  readonly self: unknown;
  readonly given: readonly unknown[];
}

export interface Watcher {
  /** Does what stands in for a call that the analysis makes in its own way; undefined: the call is as any other. */
  instead(call: Call): { readonly value: unknown } | undefined;
  /** Hears of an error that a call or a name of the library threw. */
  failed(error: UserError, node: Node, call: Call | null): void;
}

/** How a statement ended, where it ends more than itself. */
export class Return {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}
export const BREAK = Symbol("break");
export const CONTINUE = Symbol("continue");
export type Completion = Return | typeof BREAK | typeof CONTINUE | undefined;

/** What the parts of an evaluation share: what they know, and each other. */
export interface Walk {
  readonly knowledge: Knowledge;
  readonly origins: Origins;
  readonly watcher: Watcher;
  readonly memo: Memo;
  readonly failures: Failures;
  /** Calls by the promise that they gave. */
  readonly calls: WeakMap<object, Call>;
  /** Counts a node; throws OutOfTime. */
  tick(): void;
  /** `name` is what an anonymous function is called. */
  evaluate(node: Expression | SpreadElement, scope: Scope, name?: string): Steps;
  block(body: readonly Statement[], scope: Scope): Steps<Completion>;
}

/** Goes through an evaluation, waiting where it waits. */
export async function drive<T>(steps: Steps<T>): Promise<T> {
  let next = steps.next();
  while (!next.done) {
    let value: unknown;
    try {
      value = await next.value;
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(value);
  }
  return next.value;
}
