import type { Expression, Node } from "acorn";
import { Experiment } from "../../session/index.ts";
import { CLOSED_KEYS } from "../safe.ts";
import { Member, RunToBe, type Scope, Silent, UNKNOWN } from "../values.ts";
import type { Steps, Walk } from "./walk.ts";

/** What an experiment tells of itself before a run. */
const TOLD = new Set<PropertyKey>(["name", "options", "splits"]);

/** The key that a member is asked by; UNKNOWN where that is computed from what is not known. */
export function* keyAt(walk: Walk, node: Expression & { type: "MemberExpression" }, scope: Scope): Steps {
  if (node.property.type === "PrivateIdentifier") throw new Silent();
  if (!node.computed) return (node.property as { name: string }).name;
  const key = yield* walk.evaluate(node.property as Expression, scope);
  return typeof key === "symbol" && key !== UNKNOWN ? UNKNOWN : key;
}

/** A member of a value. */
export function get(walk: Walk, object: unknown, key: PropertyKey, node: Node): unknown {
  if (CLOSED_KEYS.has(key) || typeof key === "object") return UNKNOWN;
  if (object === null || object === undefined) throw new Silent();
  if (object instanceof Member) return new Member(object.of, `${object.path}.${String(key)}`);
  if (object instanceof RunToBe || (object instanceof Experiment && !TOLD.has(key))) {
    return new Member(object, String(key));
  }
  try {
    const value = (object as Record<PropertyKey, unknown>)[key];
    return walk.knowledge.isOpaque(value) ? UNKNOWN : value;
  } catch (error) {
    return walk.failures.tell(error, node, null);
  }
}
