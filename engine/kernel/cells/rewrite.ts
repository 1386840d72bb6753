import {
  type AnyNode,
  type ModuleDeclaration,
  type Node,
  type Pattern,
  type Program,
  parse,
  type Statement,
} from "acorn";
import MagicString from "magic-string";
import { CellSyntaxError, positionAt } from "./problem.ts";
import { stripTypes } from "./strip.ts";

/** The one global that rewritten cells use; see `CellRuntime`. */
export const RUNTIME = "$dlnb";

/** A cell's text made runnable as a plain script whose value is an async function. */
export interface Rewritten {
  readonly code: string;
  /** Position in the cell's text of a position in `code`; lines and columns from 1. Undefined for inserted text. */
  original(line: number, column: number): { line: number; column: number } | undefined;
  /** Top-level names in the order of their declaration, imports included, with the line of each, from 1. */
  readonly declares: readonly { name: string; line: number }[];
  /** Every identifier in the text, also properties: a superset of the names it reads. */
  readonly mentions: ReadonlySet<string>;
  /** The text's own syntax tree, types gone. */
  readonly program: Program;
}

/**
 * Rewrites one cell so that its top-level names outlive it, in these steps:
 *
 *   const x: number = f()        ->  $dlnb.constant.x = f()        names live on the global object, for later cells to
 *   let { a, b: [c] } = o        ->  ({ a: $dlnb.variable.a, b: [$dlnb.variable.c] } = o)    read, set and redeclare
 *   function f() {}              ->  $dlnb.variable.f = { f: function () {} }.f, moved to the top as functions hoist
 *   import a, { b } from "m"     ->  ({ default: $dlnb.constant.a, b: $dlnb.constant.b } = await $dlnb.imported(...))
 *   import("m"), import.meta     ->  $dlnb.import("m"), $dlnb.meta
 *   await p                      ->  await ($dlnb.check(), p)      an interrupted cell stops at its next await
 *   while (c) { ... }            ->  while (c) { if ($dlnb.flag[0]) $dlnb.check(); ... }      and in its loops
 *   the last expression          ->  return [expression]
 *
 * `overrides` replace the initializers of the names they hold. Throws CellSyntaxError.
 */
export function rewrite(text: string, overrides: ReadonlySet<string> = new Set()): Rewritten {
  const stripped = stripTypes(text);
  const program = parseCell(stripped);
  const out = new MagicString(stripped);
  const names = new Map<string, number>();
  const mentions = new Set<string>();
  const declare = (name: string, at: number) => {
    if (!names.has(name)) names.set(name, positionAt(text, at).line);
  };

  visit(program, (node) => instrument(node, out, mentions));
  const last = program.body.at(-1);
  for (const statement of program.body) topLevel(statement, statement === last, out, declare, overrides);

  out.prepend('(async () => {"use strict";');
  out.append("\n})");
  const code = out.toString();
  return {
    code,
    original: positionsOf(code, out),
    declares: [...names].map(([name, line]) => ({ name, line })),
    mentions,
    program,
  };
}

/** Before the last expression. V8 gives its `await` as the place of a call in it. */
const RETURN = ";return [await (";

function positionsOf(code: string, out: MagicString): Rewritten["original"] {
  const { mappings } = out.generateDecodedMap({ hires: true });
  const lines = code.split("\n");
  return (line, column) => {
    const last = lines[line - 1]?.lastIndexOf(RETURN) ?? -1;
    const inReturn = last >= 0 && column > last && column <= last + RETURN.length;
    const at = inReturn ? last + RETURN.length : column - 1;
    let found: { line: number; column: number } | undefined;
    for (const segment of mappings[line - 1] ?? []) {
      if (segment[0] > at) break;
      if (segment.length > 1) found = { line: (segment[2] ?? 0) + 1, column: (segment[3] ?? 0) + 1 };
    }
    return found;
  };
}

export function parseCell(stripped: string): Program {
  try {
    return parse(stripped, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: true });
  } catch (error) {
    if (!(error instanceof SyntaxError) || !("pos" in error) || typeof error.pos !== "number") throw error;
    const { line, column } = positionAt(stripped, error.pos);
    const message =
      stripped[error.pos] === "@"
        ? "decorators are not erasable; call the function instead, as in `const f = traced(g)`"
        : error.message.replace(/ \(\d+:\d+\)$/, "").replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
    throw new CellSyntaxError({ message, line, column, endLine: line, endColumn: column + 1 });
  }
}

/** Rewrites that hold at any depth. */
function instrument(node: AnyNode, out: MagicString, mentions: Set<string>): void {
  switch (node.type) {
    case "Identifier":
      mentions.add(node.name);
      break;
    case "AwaitExpression":
      out.prependRight(node.argument.start, `(${RUNTIME}.check(),`);
      out.appendLeft(node.argument.end, ")");
      break;
    case "ImportExpression":
      out.overwrite(node.start, node.start + "import".length, `${RUNTIME}.import`);
      break;
    case "MetaProperty":
      if (node.meta.name === "import") out.overwrite(node.start, node.end, `${RUNTIME}.meta`);
      break;
    case "ForOfStatement":
    case "ForInStatement":
    case "ForStatement":
    case "WhileStatement":
    case "DoWhileStatement": {
      const check =
        node.type === "ForOfStatement" && node.await
          ? `${RUNTIME}.check();`
          : `if(${RUNTIME}.flag[0])${RUNTIME}.check();`;
      if (node.body.type === "BlockStatement") out.appendRight(node.body.start + 1, check);
      else {
        out.prependRight(node.body.start, `{${check}`);
        out.appendLeft(node.body.end, "}");
      }
      break;
    }
  }
}

type Declare = (name: string, at: number) => void;

/** Rewrites of a statement of the cell itself: declarations, imports, the last expression. */
function topLevel(
  node: Statement | ModuleDeclaration,
  isLast: boolean,
  out: MagicString,
  declare: Declare,
  overrides: ReadonlySet<string>,
): void {
  switch (node.type) {
    case "VariableDeclaration": {
      if (node.kind === "using" || node.kind === "await using") return;
      const store = `${RUNTIME}.${node.kind === "const" ? "constant" : "variable"}`;
      const first = node.declarations[0];
      if (!first) return;
      out.remove(node.start, first.start);
      for (const { id, init, start, end } of node.declarations) {
        if (id.type === "Identifier") {
          declare(id.name, id.start);
          out.overwrite(id.start, id.end, `${store}.${id.name}`);
          if (overrides.has(id.name)) {
            const value = `${RUNTIME}.override(${JSON.stringify(id.name)})`;
            if (init) out.update(init.start, init.end, value);
            else out.appendLeft(end, `=${value}`);
          } else if (!init) out.appendLeft(end, "=undefined");
          else if (needsName(init)) {
            // an anonymous function takes its name from a property as it would from a variable
            out.prependRight(init.start, `{${id.name}:(`);
            out.appendLeft(init.end, `)}.${id.name}`);
          }
        } else {
          pattern(id, store, out, declare);
          out.prependRight(start, "(");
          out.appendLeft(end, ")");
        }
      }
      // before: a line may begin with a parenthesis now; after: one may follow
      out.prependRight(first.start, ";");
      out.appendLeft(node.end, ";");
      return;
    }
    case "FunctionDeclaration": {
      const { name } = node.id;
      declare(name, node.id.start);
      out.remove(node.id.start, node.id.end);
      out.prependRight(node.start, `${RUNTIME}.variable.${name}={${name}:`);
      out.appendLeft(node.end, `}.${name};`);
      if (node.start > 0) out.move(node.start, node.end, 0);
      return;
    }
    case "ClassDeclaration":
      declare(node.id.name, node.id.start);
      out.prependRight(node.start, `;${RUNTIME}.variable.${node.id.name}=`);
      out.appendLeft(node.end, ";");
      return;
    case "ImportDeclaration": {
      const bound: string[] = [];
      const wanted: string[] = [];
      for (const specifier of node.specifiers) {
        declare(specifier.local.name, specifier.local.start);
        const local = `${RUNTIME}.constant.${specifier.local.name}`;
        if (specifier.type === "ImportNamespaceSpecifier") {
          bound.push(`[${JSON.stringify("*")}]:${local}`);
          continue;
        }
        const imported =
          specifier.type === "ImportDefaultSpecifier"
            ? "default"
            : specifier.imported.type === "Identifier"
              ? specifier.imported.name
              : String(specifier.imported.value);
        wanted.push(imported);
        bound.push(`${JSON.stringify(imported)}:${local}`);
      }
      const attributes = node.attributes.map(
        ({ key, value }) =>
          `${JSON.stringify(key.type === "Identifier" ? key.name : key.value)}:${JSON.stringify(value.value)}`,
      );
      const call = `await ${RUNTIME}.imported(${JSON.stringify(node.source.value)},${JSON.stringify(wanted)},{${attributes}})`;
      out.update(node.start, node.end, bound.length ? `;({${bound}}=${call});` : `;${call};`);
      return;
    }
    case "ExpressionStatement":
      if (isLast) {
        out.prependRight(node.start, RETURN);
        // not the expression's end: that is inside its parentheses
        out.appendLeft(out.original[node.end - 1] === ";" ? node.end - 1 : node.end, ")]");
      }
      return;
    case "ExportAllDeclaration":
    case "ExportDefaultDeclaration":
    case "ExportNamedDeclaration":
      throw new CellSyntaxError({
        message: "`export` has no use in a cell: its top-level names are shared with every cell; leave the word out",
        ...positionAt(out.original, node.start),
        endLine: positionAt(out.original, node.start).line,
        endColumn: positionAt(out.original, node.start + "export".length).column,
      });
  }
}

const needsName = (init: Node & { id?: unknown }): boolean =>
  init.type === "ArrowFunctionExpression" ||
  (init.type === "FunctionExpression" && !init.id) ||
  (init.type === "ClassExpression" && !init.id);

/** Makes every name that a destructuring pattern binds a property of `store`; `key` is what a shorthand leaves out. */
function pattern(node: Pattern, store: string, out: MagicString, declare: Declare, key = ""): void {
  switch (node.type) {
    case "Identifier":
      declare(node.name, node.start);
      out.prependRight(node.start, `${key}${store}.`);
      return;
    case "ObjectPattern":
      for (const property of node.properties) {
        if (property.type === "RestElement") pattern(property.argument, store, out, declare);
        else {
          const short = property.shorthand && property.key.type === "Identifier" ? `${property.key.name}:` : "";
          pattern(property.value, store, out, declare, short);
        }
      }
      return;
    case "ArrayPattern":
      for (const element of node.elements) if (element) pattern(element, store, out, declare);
      return;
    case "AssignmentPattern":
      pattern(node.left, store, out, declare, key);
      return;
    case "RestElement":
      pattern(node.argument, store, out, declare);
      return;
  }
}

/** Calls `see` for every node, children first, so that what encloses a node's text is written around its rewrite. */
export function visit(node: AnyNode, see: (node: AnyNode) => void): void {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item, see);
    } else if (isNode(value)) visit(value, see);
  }
  see(node);
}

export const isNode = (value: unknown): value is AnyNode =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
