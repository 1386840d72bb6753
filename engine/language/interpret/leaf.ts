import type { Expression, SpreadElement } from "acorn";
import { type Scope, UNKNOWN } from "../values.ts";
import type { Walk } from "./walk.ts";

export const COMPOUND = Symbol("compound");

/** The value of a literal or a name, which are most of what there is to evaluate; COMPOUND for all else. */
export function leafOf(walk: Walk, node: Expression | SpreadElement, scope: Scope): unknown {
  if (node.type === "Identifier") {
    const binding = scope.find(node.name);
    return binding === undefined || walk.knowledge.isOpaque(binding.value) ? UNKNOWN : binding.value;
  }
  return node.type === "Literal" && !("regex" in node && node.regex) ? node.value : COMPOUND;
}
