import type { CallExpression, Expression, NewExpression, SpreadElement } from "acorn";
import { UserError } from "../../errors/index.ts";
import { Memo } from "../memo.ts";
import { isConstructor, isHanding, isPure, isTooMuch } from "../safe.ts";
import { OutOfTime, type Scope, Silent, UNKNOWN } from "../values.ts";
import { unheard } from "./doubts.ts";
import { type FunctionNode, invoke, strictly } from "./functions.ts";
import { COMPOUND, leafOf } from "./leaf.ts";
import { get, keyAt } from "./members.ts";
import type { Call, Steps, Walk } from "./walk.ts";

/** A layer within `nn.module`, which a forward function is given. */
const isLayerCall = (value: unknown): value is { readonly results: unknown } =>
  typeof value === "function" && Object.hasOwn(value, "results");

/** Methods of lists that take what is not known as they take all else. */
const ADDING = new Set<unknown>([
  Array.prototype.push,
  Array.prototype.unshift,
  Array.prototype.concat,
  Array.prototype.fill,
]);

function* argumentsOf(
  walk: Walk,
  nodes: readonly (Expression | SpreadElement)[],
  scope: Scope,
): Steps<unknown[] | null> {
  const given: unknown[] = [];
  let whole = true;
  for (const node of nodes) {
    const leaf = leafOf(walk, node, scope);
    if (leaf !== COMPOUND) given.push(leaf);
    else if (node.type !== "SpreadElement") given.push(yield* walk.evaluate(node, scope));
    else {
      const value = yield* walk.evaluate(node.argument, scope);
      if (walk.knowledge.isUnknown(value)) whole = false;
      else given.push(...walk.knowledge.items(value));
    }
  }
  return whole ? given : null;
}

export function* callOf(walk: Walk, node: CallExpression, scope: Scope): Steps {
  const { callee } = node;
  if (callee.type === "Super") throw new Silent();
  let self: unknown;
  let fn: unknown;
  if (callee.type === "MemberExpression" && callee.object.type !== "Super") {
    self = leafOf(walk, callee.object, scope);
    if (self === COMPOUND) self = yield* walk.evaluate(callee.object, scope);
    const key = yield* keyAt(walk, callee, scope);
    const none = self === null || self === undefined;
    if (none && callee.optional) return undefined;
    fn =
      walk.knowledge.isOpaque(self) || walk.knowledge.isUnknown(key)
        ? UNKNOWN
        : get(walk, self, key as PropertyKey, callee.property);
  } else {
    fn = leafOf(walk, callee, scope);
    if (fn === COMPOUND) fn = yield* walk.evaluate(callee, scope);
  }
  if (node.optional && (fn === null || fn === undefined)) return undefined;
  const given = yield* argumentsOf(walk, node.arguments, scope);
  if (given === null) return unheard(walk, [self]);
  const call: Call = { node, fn, self, given };
  const instead = walk.failures.attempt(
    call,
    () => walk.watcher.instead(call),
    () => unheard(walk, [self, ...given]),
  );
  if (instead === UNKNOWN) return UNKNOWN;
  if (instead !== undefined) {
    if (instead.value instanceof Promise) walk.calls.set(instead.value, call);
    return instead.value;
  }
  const closure = typeof fn === "function" ? walk.knowledge.closures.get(fn) : undefined;
  if (closure) {
    try {
      const result = yield* invoke(walk, closure.node as FunctionNode, closure.scope, given);
      if (typeof result === "object" && result !== null) walk.origins.handed(result, node);
      return result;
    } catch (error) {
      if (error instanceof OutOfTime || error instanceof UserError) throw error;
      return unheard(walk, [fn, ...given]);
    }
  }
  if (!isPure(fn) && !isLayerCall(fn) && !(isLayerCall(self) && fn === self.results)) {
    return unheard(walk, [self, ...given]);
  }
  return compute(walk, call);
}

/** Calls a function that only computes. */
function compute(walk: Walk, call: Call): unknown {
  const { fn, self, given } = call;
  const adds = Array.isArray(self) && ADDING.has(fn);
  if (!adds && (walk.knowledge.hasUnknown(given) || walk.knowledge.hasUnknown(self))) {
    return unheard(walk, [self, ...given]);
  }
  if (isTooMuch(fn, self, given)) return UNKNOWN;
  const handing = isHanding(fn);
  const passed = handing ? given : given.map((each) => strictly(walk, each));
  const key = Memo.key(call);
  const make = () => (fn as (...given: unknown[]) => unknown).apply(self, [...passed]);
  const result = walk.failures.attempt(
    call,
    () => (key === null ? make() : walk.memo.of(self as object, key, make)),
    () => unheard(walk, [self, ...given]),
  );
  if (result instanceof Promise) {
    result.catch(() => {});
    walk.calls.set(result, call);
  }
  if (typeof result === "object" && result !== null) walk.origins.called(result, call);
  return result;
}

/** An object that `new` makes. */
export function* made(walk: Walk, node: NewExpression, scope: Scope): Steps {
  const type = node.callee.type === "Identifier" ? scope.find(node.callee.name)?.value : UNKNOWN;
  const given = yield* argumentsOf(walk, node.arguments, scope);
  if (given === null || !isConstructor(type) || given.some((each) => walk.knowledge.hasUnknown(each))) {
    return unheard(walk, given ?? []);
  }
  return isTooMuch(type, undefined, given) ? UNKNOWN : new type(...given);
}
