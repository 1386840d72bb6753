import type { Node } from "acorn";
import { UserError } from "../../errors/index.ts";
import { OutOfTime, UNKNOWN } from "../values.ts";
import type { Call, Watcher } from "./walk.ts";

/** Errors of the library on their way out of the calls that they come through: each is told once. */
export class Failures {
  readonly #watcher: Watcher;
  /** Calls of functions that are not the cells' own, under way: what they throw is told by the outermost. */
  #depth = 0;
  /** Where an error was thrown first. */
  readonly #thrownAt = new WeakMap<Error, { node: Node; call: Call | null }>();

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** What `work` gives; where it throws, `fallback` is called and the error told: UNKNOWN. */
  attempt<T>(call: Call, work: () => T, fallback: () => void): T | typeof UNKNOWN {
    let error: unknown;
    this.#depth++;
    try {
      return work();
    } catch (thrown) {
      error = thrown;
    } finally {
      this.#depth--;
    }
    if (!(error instanceof OutOfTime)) fallback();
    return this.tell(error, call.node, call);
  }

  /** Tells an error of the library, or leaves that to the call under way. Errors of the language are TypeScript's to tell. */
  tell(error: unknown, node: Node, call: Call | null): typeof UNKNOWN {
    if (error instanceof OutOfTime) throw error;
    if (!(error instanceof UserError)) return UNKNOWN;
    if (this.#depth > 0) {
      if (!this.#thrownAt.has(error)) this.#thrownAt.set(error, { node, call });
      throw error;
    }
    let at = { node, call };
    for (let each: unknown = error; each instanceof Error; each = each.cause) at = this.#thrownAt.get(each) ?? at;
    this.#watcher.failed(error, at.node, at.call);
    return UNKNOWN;
  }
}
