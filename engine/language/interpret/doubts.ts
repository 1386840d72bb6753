import type { AnyNode, Node } from "acorn";
import { visit } from "../../kernel/cells/rewrite.ts";
import { type Scope, UNKNOWN } from "../values.ts";
import { namesOf } from "./names.ts";
import type { Walk } from "./walk.ts";

/** What a statement that was not followed may have set or changed is unknown from here on. */
export function forget(walk: Walk, node: Node, scope: Scope, seen = new Set<Node>()): void {
  if (seen.has(node)) return;
  seen.add(node);
  visit(node as AnyNode, (each) => {
    walk.tick();
    if (each.type === "VariableDeclarator") for (const name of namesOf(each.id)) lose(walk, name, scope, true);
    else if (each.type === "ClassDeclaration" || each.type === "FunctionDeclaration") {
      if (each.type === "ClassDeclaration" && each.id) lose(walk, each.id.name, scope, true);
    } else if (each.type === "AssignmentExpression") for (const name of namesOf(each.left)) lose(walk, name, scope);
    else if (each.type === "UpdateExpression" && each.argument.type === "Identifier")
      lose(walk, each.argument.name, scope);
    else if (each.type === "ImportDeclaration") {
      for (const { local } of each.specifiers) lose(walk, local.name, scope, true);
    } else if (each.type === "Identifier") doubt(walk, scope.find(each.name)?.value, seen);
  });
}

function lose(walk: Walk, name: string, scope: Scope, declares = false): void {
  const binding = scope.find(name);
  if (binding) {
    doubt(walk, binding.value);
    binding.value = UNKNOWN;
  } else if (declares) scope.declare(name, UNKNOWN);
}

/** A value that something unknown may have changed; of a function, all that it could change. */
export function doubt(walk: Walk, value: unknown, seen = new Set<Node>()): void {
  const closure = typeof value === "function" ? walk.knowledge.closures.get(value) : undefined;
  if (closure) forget(walk, closure.node, closure.scope, seen);
  else walk.knowledge.doubt(value);
}

/** The result of a call of which nothing is known, not even what it does to what it was given. */
export function unheard(walk: Walk, given: readonly unknown[]): typeof UNKNOWN {
  for (const each of given) doubt(walk, each);
  return UNKNOWN;
}
