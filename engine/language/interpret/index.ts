import type { Expression, SpreadElement, Statement } from "acorn";
import type { Memo } from "../memo.ts";
import type { Origins } from "../origins.ts";
import { known } from "../safe.ts";
import { computedMs, Knowledge, OutOfTime, Scope } from "../values.ts";
import { forget } from "./doubts.ts";
import { awaited, evaluate } from "./expressions.ts";
import { Failures } from "./failures.ts";
import { block, hoist, statement } from "./statements.ts";
import { type Call, type Completion, drive, type Steps, type Walk, type Watcher } from "./walk.ts";

export type { Call } from "./walk.ts";

/** A statement of a cell that takes longer is given up; what it sets is unknown. */
const STATEMENT_MS = 500;
const NODES_BETWEEN_LOOKS = 512;

/**
 * Evaluates cells over the real library, as far as that can be done without effects: nothing is written, shown, sent, started or
 * imported. What cannot be known is `UNKNOWN`, and so is all that follows from it.
 */
export class Interpreter implements Walk {
  readonly knowledge = new Knowledge();
  readonly calls = new WeakMap<object, Call>();
  readonly origins: Origins;
  readonly watcher: Watcher;
  readonly memo: Memo;
  readonly failures: Failures;
  readonly #global = new Scope(null);
  readonly #deadline: number;
  #nodes = 0;
  /** When the statement under way is given up. */
  #patience = 0;

  constructor(origins: Origins, watcher: Watcher, memo: Memo, deadline: number) {
    this.origins = origins;
    this.watcher = watcher;
    this.memo = memo;
    this.failures = new Failures(watcher);
    this.#deadline = deadline;
    for (const [name, value] of Object.entries(known)) this.#global.declare(name, value);
  }

  /** Evaluates a cell's statements. What cannot be followed leaves the names that it declares unknown. Throws OutOfTime. */
  async cell(body: readonly Statement[]): Promise<void> {
    hoist(this, body, this.#global);
    for (const each of body) {
      this.#patience = Math.min(this.#deadline, computedMs() + STATEMENT_MS);
      await drive(this.#safely(each, each === body.at(-1)));
    }
  }

  evaluate(node: Expression | SpreadElement, scope: Scope, name?: string): Steps {
    return evaluate(this, node, scope, name);
  }

  block(body: readonly Statement[], scope: Scope): Steps<Completion> {
    return block(this, body, scope);
  }

  tick(): void {
    this.#nodes++;
    if (this.#nodes % NODES_BETWEEN_LOOKS !== 0) return;
    if (computedMs() > this.#patience) throw new OutOfTime();
  }

  /** A statement that may turn out to be beyond us. What the last one gives is shown, and waited for. */
  *#safely(each: Statement, last: boolean): Steps<void> {
    try {
      if (last && each.type === "ExpressionStatement") {
        yield* awaited(this, yield* this.evaluate(each.expression, this.#global), each.expression);
      } else yield* statement(this, each, this.#global);
    } catch (error) {
      if (error instanceof OutOfTime && computedMs() > this.#deadline) throw error;
      this.#patience = this.#deadline;
      forget(this, each, this.#global);
    }
  }
}
