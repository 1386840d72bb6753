import type { AnyNode, Expression, Node, Pattern } from "acorn";
import { visit } from "../../kernel/cells/rewrite.ts";

/** The name of a member as it is written. */
export function keyOf(key: Node): string | number {
  const { type, name, value } = key as Node & { name?: string; value?: unknown };
  return type === "Identifier" ? (name as string) : (value as string | number);
}

/** Names that a pattern sets. */
export function namesOf(node: Pattern | Expression): string[] {
  switch (node.type) {
    case "Identifier":
      return [node.name];
    case "ObjectPattern":
      return node.properties.flatMap((p) => namesOf(p.type === "RestElement" ? p.argument : p.value));
    case "ArrayPattern":
      return node.elements.flatMap((element) => (element ? namesOf(element) : []));
    case "AssignmentPattern":
      return namesOf(node.left);
    case "RestElement":
      return namesOf(node.argument);
    default:
      return [];
  }
}

/** Whether a statement may end more than itself: the loop or function around it. */
export function leaves(node: Node): boolean {
  let found = false;
  visit(node as AnyNode, ({ type }) => {
    found ||= /^(Break|Continue|Return|Throw)Statement$/.test(type);
  });
  return found;
}
