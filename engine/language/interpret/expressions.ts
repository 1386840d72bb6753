import type { Expression, Pattern, SpreadElement } from "acorn";
import { type Scope, Silent, UNKNOWN } from "../values.ts";
import { callOf, made } from "./calls.ts";
import { forget } from "./doubts.ts";
import { closure } from "./functions.ts";
import { COMPOUND, leafOf } from "./leaf.ts";
import { get, keyAt } from "./members.ts";
import { keyOf } from "./names.ts";
import { binary, textOf, unary } from "./operators.ts";
import { bind } from "./patterns.ts";
import type { Steps, Walk } from "./walk.ts";

/** What an expression gives. `name` is what an anonymous function is called. */
export function* evaluate(walk: Walk, node: Expression | SpreadElement, scope: Scope, name = ""): Steps {
  walk.tick();
  switch (node.type) {
    case "Literal":
      if ("regex" in node && node.regex) return new RegExp(node.regex.pattern, node.regex.flags);
      return node.value;
    case "TemplateLiteral": {
      let text = "";
      for (const [i, quasi] of node.quasis.entries()) {
        text += quasi.value.cooked ?? "";
        const part = node.expressions[i];
        if (!part) continue;
        let value = leafOf(walk, part, scope);
        if (value === COMPOUND) value = yield* walk.evaluate(part, scope);
        if (walk.knowledge.hasUnknown(value)) return yield* rest(walk, node.expressions.slice(i + 1), scope);
        text += textOf(value);
      }
      return text;
    }
    case "Identifier":
      return leafOf(walk, node, scope);
    case "ParenthesizedExpression":
      return yield* walk.evaluate(node.expression, scope, name);
    case "ArrayExpression":
      return yield* array(walk, node, scope);
    case "ObjectExpression":
      return yield* object(walk, node, scope);
    case "ArrowFunctionExpression":
    case "FunctionExpression":
      return closure(walk, node, scope, name);
    case "UnaryExpression": {
      if (node.operator === "delete") throw new Silent();
      const value = yield* walk.evaluate(node.argument, scope);
      if (walk.knowledge.isUnknown(value)) return UNKNOWN;
      return unary(node.operator, value);
    }
    case "BinaryExpression": {
      if (node.left.type === "PrivateIdentifier") throw new Silent();
      let left = leafOf(walk, node.left, scope);
      if (left === COMPOUND) left = yield* walk.evaluate(node.left, scope);
      let right = leafOf(walk, node.right, scope);
      if (right === COMPOUND) right = yield* walk.evaluate(node.right, scope);
      if (walk.knowledge.isUnknown(left) || walk.knowledge.isUnknown(right)) return UNKNOWN;
      return binary(node.operator, left, right);
    }
    case "LogicalExpression": {
      const left = yield* walk.evaluate(node.left, scope);
      if (walk.knowledge.isUnknown(left)) {
        forget(walk, node.right, scope);
        return UNKNOWN;
      }
      const short =
        node.operator === "&&" ? !left : node.operator === "||" ? !!left : left !== null && left !== undefined;
      return short ? left : yield* walk.evaluate(node.right, scope);
    }
    case "ConditionalExpression": {
      const test = yield* walk.evaluate(node.test, scope);
      if (walk.knowledge.isUnknown(test)) {
        forget(walk, node.consequent, scope);
        forget(walk, node.alternate, scope);
        return UNKNOWN;
      }
      return yield* walk.evaluate(test ? node.consequent : node.alternate, scope);
    }
    case "SequenceExpression": {
      let last: unknown;
      for (const each of node.expressions) last = yield* walk.evaluate(each, scope);
      return last;
    }
    case "AssignmentExpression": {
      if (node.operator === "=") {
        const value = yield* walk.evaluate(node.right, scope);
        yield* bind(walk, node.left, value, scope, "assign", node.right);
        return value;
      }
      if (node.left.type !== "Identifier" && node.left.type !== "MemberExpression") throw new Silent();
      const before = yield* walk.evaluate(node.left as Expression, scope);
      if (/^(&&|\|\||\?\?)=$/.test(node.operator)) throw new Silent();
      const right = yield* walk.evaluate(node.right, scope);
      const either = walk.knowledge.isUnknown(before) || walk.knowledge.isUnknown(right);
      const value = either ? UNKNOWN : binary(node.operator.slice(0, -1), before, right);
      yield* bind(walk, node.left as Pattern, value, scope, "assign");
      return value;
    }
    case "UpdateExpression": {
      const before = yield* walk.evaluate(node.argument as Expression, scope);
      const unknown = walk.knowledge.isUnknown(before);
      const after = unknown ? UNKNOWN : (before as number) + (node.operator === "++" ? 1 : -1);
      yield* bind(walk, node.argument as Pattern, after, scope, "assign");
      return node.prefix ? after : before;
    }
    case "MemberExpression": {
      if (node.object.type === "Super") return UNKNOWN;
      let object = leafOf(walk, node.object, scope);
      if (object === COMPOUND) object = yield* walk.evaluate(node.object, scope);
      const key = yield* keyAt(walk, node, scope);
      if (walk.knowledge.isOpaque(object) || walk.knowledge.isUnknown(key)) return UNKNOWN;
      if (node.optional && (object === null || object === undefined)) return undefined;
      return get(walk, object, key as PropertyKey, node.property);
    }
    case "ChainExpression":
      return yield* walk.evaluate(node.expression, scope);
    case "CallExpression":
      return yield* callOf(walk, node, scope);
    case "NewExpression":
      return yield* made(walk, node, scope);
    case "AwaitExpression":
      return yield* awaited(walk, yield* walk.evaluate(node.argument, scope), node.argument);
    default:
      throw new Silent();
  }
}

/** What a value gives that is waited for; `node` gave the value. */
export function* awaited(walk: Walk, value: unknown, node: Expression): Steps {
  if (walk.knowledge.isUnknown(value) || !(value instanceof Promise)) return value;
  try {
    return yield value;
  } catch (error) {
    // a call that reads data tells its errors when it is waited for
    const call = node.type === "CallExpression" ? (walk.calls.get(value) ?? null) : null;
    return walk.failures.tell(error, node, call);
  }
}

/** Evaluates what is left of an expression whose value is unknown already, for what it says by itself. */
function* rest(walk: Walk, nodes: readonly Expression[], scope: Scope): Steps {
  for (const each of nodes) yield* walk.evaluate(each, scope);
  return UNKNOWN;
}
function* array(walk: Walk, node: Expression & { type: "ArrayExpression" }, scope: Scope): Steps {
  const items: unknown[] = [];
  walk.origins.made(items, node);
  for (const element of node.elements) {
    if (element === null) items.push(undefined);
    else if (element.type === "SpreadElement") {
      const value = yield* walk.evaluate(element.argument, scope);
      if (walk.knowledge.isUnknown(value)) return UNKNOWN;
      items.push(...walk.knowledge.items(value));
    } else {
      walk.origins.member(items, String(items.length), element, element);
      items.push(yield* walk.evaluate(element, scope));
    }
  }
  return items;
}

function* object(walk: Walk, node: Expression & { type: "ObjectExpression" }, scope: Scope): Steps {
  const record: Record<string, unknown> = {};
  walk.origins.made(record, node);
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      const value = yield* walk.evaluate(property.argument, scope);
      if (walk.knowledge.isUnknown(value)) return UNKNOWN;
      if (typeof value !== "object" || value === null) continue;
      Object.assign(record, value);
      walk.origins.spread(value, record);
      continue;
    }
    if (property.kind !== "init") throw new Silent();
    const key = property.computed ? yield* walk.evaluate(property.key as Expression, scope) : keyOf(property.key);
    if (walk.knowledge.isUnknown(key)) return UNKNOWN;
    if (key === "__proto__") throw new Silent();
    record[String(key)] = yield* walk.evaluate(property.value as Expression, scope, String(key));
    walk.origins.member(record, String(key), property.key, property.value);
  }
  return record;
}
