import type { Expression, Node, Pattern } from "acorn";
import { CLOSED_KEYS } from "../safe.ts";
import { type Scope, Silent, UNKNOWN } from "../values.ts";
import { get, keyAt } from "./members.ts";
import { keyOf, namesOf } from "./names.ts";
import type { Steps, Walk } from "./walk.ts";

/** Gives the names of a pattern, or a member, their values. */
export function* bind(
  walk: Walk,
  to: Pattern,
  value: unknown,
  scope: Scope,
  how: "declare" | "assign",
  init: Node | null = null,
): Steps<void> {
  switch (to.type) {
    case "Identifier": {
      if (how === "declare") {
        scope.declare(to.name, value, init);
        return;
      }
      const binding = scope.find(to.name);
      if (!binding) throw new Silent();
      binding.value = value;
      binding.init = init;
      return;
    }
    case "MemberExpression": {
      const object = yield* walk.evaluate(to.object as Expression, scope);
      const key = yield* keyAt(walk, to, scope);
      if (walk.knowledge.isUnknown(object)) return;
      if (walk.knowledge.isUnknown(key) || CLOSED_KEYS.has(key as PropertyKey)) {
        walk.knowledge.doubt(object);
        return;
      }
      // nothing but what cells made is theirs to change
      if (typeof object !== "object" || object === null || Object.isFrozen(object)) throw new Silent();
      if (
        !(Array.isArray(object) || Object.getPrototypeOf(object) === Object.prototype || ArrayBuffer.isView(object))
      ) {
        throw new Silent();
      }
      if (ArrayBuffer.isView(object) && walk.knowledge.isUnknown(value)) throw new Silent();
      (object as Record<PropertyKey, unknown>)[key as PropertyKey] = value;
      walk.origins.member(object, String(key), to.property, init ?? to.property);
      return;
    }
    case "AssignmentPattern":
      if (value === undefined) value = yield* walk.evaluate(to.right, scope);
      yield* bind(walk, to.left, value, scope, how);
      return;
    case "ArrayPattern": {
      if (walk.knowledge.isUnknown(value)) {
        for (const name of namesOf(to)) set(name, UNKNOWN, scope, how);
        return;
      }
      const items = [...walk.knowledge.items(value)];
      for (const [i, element] of to.elements.entries()) {
        if (!element) continue;
        if (element.type === "RestElement") yield* bind(walk, element.argument, items.slice(i), scope, how);
        else yield* bind(walk, element, items[i], scope, how);
      }
      return;
    }
    case "ObjectPattern": {
      if (walk.knowledge.isUnknown(value)) {
        for (const name of namesOf(to)) set(name, UNKNOWN, scope, how);
        return;
      }
      const taken = new Set<string>();
      for (const property of to.properties) {
        if (property.type === "RestElement") {
          const rest = Object.entries(value as object).filter(([name]) => !taken.has(name));
          yield* bind(walk, property.argument, Object.fromEntries(rest), scope, how);
          continue;
        }
        const key = property.computed
          ? walk.knowledge.certain(yield* walk.evaluate(property.key as Expression, scope))
          : keyOf(property.key);
        taken.add(String(key));
        yield* bind(walk, property.value, get(walk, value, key as PropertyKey, property.key), scope, how);
      }
      return;
    }
    default:
      throw new Silent();
  }
}

function set(name: string, value: unknown, scope: Scope, how: "declare" | "assign"): void {
  const binding = how === "assign" ? scope.find(name) : undefined;
  if (binding) binding.value = value;
  else scope.declare(name, value);
}
