import type { Expression, Statement } from "acorn";
import { OutOfTime, Scope, Silent, UNKNOWN } from "../values.ts";
import { forget } from "./doubts.ts";
import { bind } from "./patterns.ts";
import { drive, Return, type Steps, type Walk } from "./walk.ts";

export type FunctionNode =
  | (Statement & { type: "FunctionDeclaration" })
  | (Expression & { type: "FunctionExpression" | "ArrowFunctionExpression" });

/** A function of a cell, for code that would take what it does not know for a value. */
export function strictly(walk: Walk, value: unknown): unknown {
  if (typeof value === "function") {
    if (!walk.knowledge.closures.has(value)) return value;
    const strict = (...given: unknown[]) => {
      const result = (value as (...given: unknown[]) => unknown)(...given);
      if (walk.knowledge.hasUnknown(result)) throw new Silent();
      return result;
    };
    return Object.defineProperty(strict, "length", { value: (value as { length: number }).length });
  }
  return value;
}
/** The function that an expression or declaration makes. */
export function closure(walk: Walk, node: FunctionNode, scope: Scope, name = ""): unknown {
  if (node.generator) return UNKNOWN;
  const made = node.async
    ? (...given: unknown[]) => drive(run(walk, node, scope, given))
    : (...given: unknown[]) => atOnce(run(walk, node, scope, given));
  Object.defineProperty(made, "length", { value: node.params.length });
  Object.defineProperty(made, "name", { value: node.id?.name ?? name });
  walk.knowledge.closures.set(made, { node, scope });
  return made;
}

/** What a call of a cell's function gives. */
export function* invoke(walk: Walk, node: FunctionNode, scope: Scope, given: readonly unknown[]): Steps {
  if (!node.async) return yield* run(walk, node, scope, given);
  const promise = drive(run(walk, node, scope, given)).catch((error: unknown) => {
    if (error instanceof OutOfTime) throw error;
    forget(walk, node, scope);
    return UNKNOWN;
  });
  promise.catch(() => {});
  return promise;
}

/** A body that does not wait for anything. */
function atOnce(steps: Steps): unknown {
  const { done, value } = steps.next();
  if (!done) throw new Silent();
  return value;
}

function* run(walk: Walk, node: FunctionNode, scope: Scope, given: readonly unknown[]): Steps {
  const inner = new Scope(scope);
  for (const [i, param] of node.params.entries()) {
    if (param.type === "RestElement") yield* bind(walk, param.argument, given.slice(i), inner, "declare");
    else yield* bind(walk, param, given[i], inner, "declare");
  }
  if (node.body.type !== "BlockStatement") return yield* walk.evaluate(node.body, inner);
  const done = yield* walk.block(node.body.body, inner);
  return done instanceof Return ? done.value : undefined;
}
