import type { AnyNode, CallExpression, Node, VariableDeclarator } from "acorn";
import type { LocatedOption } from "../../protocol/index.ts";
import { CellSyntaxError } from "./problem.ts";
import { parseCell, visit } from "./rewrite.ts";
import { stripTypes } from "./strip.ts";

interface Cell {
  readonly cell: string;
  readonly text: string;
  readonly calls: readonly CallExpression[];
  readonly declarators: readonly VariableDeclarator[];
  readonly properties: readonly { readonly value: AnyNode; readonly name: string }[];
}

/**
 * Where cells give options of these names as plain numbers, in the order of the cells and their text. For an option that is
 * given by a name (`{ maxLr }`), the number that this name is declared with, in its cell or else in the last one above.
 */
export function locateOptions(
  cells: readonly { cell: string; text: string }[],
  options: readonly string[],
): LocatedOption[] {
  const read = cells.flatMap(({ cell, text }): Cell[] => {
    try {
      return [readCell(cell, text, options)];
    } catch (error) {
      if (error instanceof CellSyntaxError) return [];
      throw error;
    }
  });
  return read.flatMap((use, at) =>
    use.properties.flatMap(({ value, name }): LocatedOption[] => {
      const found = value.type === "Identifier" ? declared(value.name, [use, ...read.slice(0, at).reverse()]) : null;
      const [home, number] = found ?? [use, value];
      if (!isNumber(number)) return [];
      const around = (node: Node) => node.start <= value.start && value.end <= node.end;
      const within = use.calls.filter(around).sort((a, b) => a.start - b.start || b.end - a.end);
      const holder = use.declarators.filter(around).sort((a, b) => a.start - b.start)[0]?.id;
      return [
        {
          cell: home.cell,
          option: name,
          text: home.text.slice(number.start, number.end),
          start: number.start,
          end: number.end,
          within: within.map(({ callee }) => use.text.slice(callee.start, callee.end)),
          declares: holder?.type === "Identifier" ? holder.name : null,
        },
      ];
    }),
  );
}

function readCell(cell: string, text: string, options: readonly string[]): Cell {
  const calls: CallExpression[] = [];
  const declarators: VariableDeclarator[] = [];
  const properties: { value: AnyNode; name: string }[] = [];
  visit(parseCell(stripTypes(text)), (node: AnyNode) => {
    if (node.type === "CallExpression") calls.push(node);
    if (node.type === "VariableDeclarator") declarators.push(node);
    if (node.type !== "Property" || node.computed) return;
    const name = node.key.type === "Identifier" ? node.key.name : node.key.type === "Literal" ? node.key.value : null;
    if (typeof name === "string" && options.includes(name)) properties.push({ value: node.value, name });
  });
  properties.sort((a, b) => a.value.start - b.value.start);
  return { cell, text, calls, declarators, properties };
}

/** The number that a name is declared with, and where: in the first of the cells that declares it. */
function declared(name: string, cells: readonly Cell[]): [Cell, AnyNode] | null {
  for (const cell of cells) {
    const made = cell.declarators.findLast(({ id }) => id.type === "Identifier" && id.name === name);
    if (made !== undefined) return made.init && isNumber(made.init) ? [cell, made.init] : null;
  }
  return null;
}

/** `0.1`, `1e-3`, `-2`. */
function isNumber(node: AnyNode): boolean {
  if (node.type === "UnaryExpression") return node.operator === "-" && isNumber(node.argument);
  return node.type === "Literal" && typeof node.value === "number";
}
