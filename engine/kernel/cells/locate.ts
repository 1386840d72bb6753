import type { AnyNode, AssignmentProperty, CallExpression, Node, Property, VariableDeclarator } from "acorn";
import type { LocatedOption } from "../../protocol/index.ts";
import { CellSyntaxError } from "./problem.ts";
import { parseCell, visit } from "./rewrite.ts";
import { stripTypes } from "./strip.ts";

/** Where cells give options of these names as plain numbers, in the order of the cells and their text. */
export function locateOptions(
  cells: readonly { cell: string; text: string }[],
  options: readonly string[],
): LocatedOption[] {
  return cells.flatMap(({ cell, text }) => {
    try {
      return inCell(cell, text, options);
    } catch (error) {
      if (error instanceof CellSyntaxError) return [];
      throw error;
    }
  });
}

function inCell(cell: string, text: string, options: readonly string[]): LocatedOption[] {
  const program = parseCell(stripTypes(text));
  const calls: CallExpression[] = [];
  const declarators: VariableDeclarator[] = [];
  const properties: { property: Property | AssignmentProperty; name: string }[] = [];
  visit(program, (node: AnyNode) => {
    if (node.type === "CallExpression") calls.push(node);
    if (node.type === "VariableDeclarator") declarators.push(node);
    if (node.type !== "Property" || node.computed) return;
    const name = node.key.type === "Identifier" ? node.key.name : node.key.type === "Literal" ? node.key.value : null;
    if (typeof name === "string" && options.includes(name) && isNumber(node.value))
      properties.push({ property: node, name });
  });
  return properties
    .sort((a, b) => a.property.start - b.property.start)
    .map(({ property, name }): LocatedOption => {
      const { start, end } = property.value;
      const around = (node: Node) => node.start <= start && end <= node.end;
      const within = calls.filter(around).sort((a, b) => a.start - b.start || b.end - a.end);
      const declared = declarators.filter(around).sort((a, b) => a.start - b.start)[0]?.id;
      return {
        cell,
        option: name,
        text: text.slice(start, end),
        start,
        end,
        within: within.map(({ callee }) => text.slice(callee.start, callee.end)),
        declares: declared?.type === "Identifier" ? declared.name : null,
      };
    });
}

/** `0.1`, `1e-3`, `-2`. */
function isNumber(node: AnyNode): boolean {
  if (node.type === "UnaryExpression") return node.operator === "-" && isNumber(node.argument);
  return node.type === "Literal" && typeof node.value === "number";
}
