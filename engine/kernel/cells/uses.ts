import { createHash } from "node:crypto";
import type { AnyNode, Pattern, Program } from "acorn";
import { isNode } from "./rewrite.ts";

/** What a cell has to do with names that it does not declare, in the order of the text, each once. */
export interface Uses {
  /** Names that it reads, at its top level or inside its functions: those of other cells, of the library and of the language. */
  readonly uses: readonly string[];
  /** Names that it sets to another value: `lr = 0.1`, `[a, b] = c`, `n++`. What changes within a value (`exp.seed = 2`) sets no name. */
  readonly assigns: readonly string[];
}

/** Names of one scope of the text; the cell's own are the outermost. */
interface Scope {
  readonly names: Set<string>;
  readonly outer: Scope | null;
}

/** Static: what is reached by `eval` or through `globalThis` is not seen. */
export function usesOf(program: Program): Uses {
  const uses = new Set<string>();
  const assigns = new Set<string>();
  const free = (name: string, scope: Scope | null): boolean => {
    for (let at = scope; at !== null; at = at.outer) if (at.names.has(name)) return false;
    return true;
  };
  const read = (name: string, scope: Scope) => {
    if (free(name, scope)) uses.add(name);
  };

  /** The names that an assignment sets, or, with `declares`, a pattern of a declaration: only defaults and keys are read there. */
  const target = (node: Pattern, scope: Scope, declares: boolean): void => {
    switch (node.type) {
      case "Identifier":
        if (!declares && free(node.name, scope)) assigns.add(node.name);
        return;
      case "ObjectPattern":
        for (const property of node.properties) {
          if (property.type === "RestElement") target(property.argument, scope, declares);
          else {
            if (property.computed) walk(property.key, scope);
            target(property.value, scope, declares);
          }
        }
        return;
      case "ArrayPattern":
        for (const element of node.elements) if (element) target(element, scope, declares);
        return;
      case "AssignmentPattern":
        walk(node.right, scope);
        target(node.left, scope, declares);
        return;
      case "RestElement":
        target(node.argument, scope, declares);
        return;
      default:
        walk(node, scope);
    }
  };

  const inside = (node: AnyNode, scope: Scope): void => {
    for (const value of Object.values(node)) {
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) walk(item, scope);
      } else if (isNode(value)) walk(value, scope);
    }
  };

  const walk = (node: AnyNode, scope: Scope): void => {
    switch (node.type) {
      case "Identifier":
        read(node.name, scope);
        return;
      case "MemberExpression":
        walk(node.object, scope);
        if (node.computed) walk(node.property, scope);
        return;
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition":
        if (node.computed) walk(node.key, scope);
        if (node.value) walk(node.value, scope);
        return;
      case "VariableDeclarator":
        target(node.id, scope, true);
        if (node.init) walk(node.init, scope);
        return;
      case "AssignmentExpression":
        if (node.operator !== "=" && node.left.type === "Identifier") read(node.left.name, scope);
        target(node.left, scope, false);
        walk(node.right, scope);
        return;
      case "UpdateExpression":
        walk(node.argument, scope);
        if (node.argument.type === "Identifier") target(node.argument, scope, false);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const names = new Set(node.type === "ArrowFunctionExpression" ? [] : ["arguments"]);
        if (node.type === "FunctionExpression" && node.id) names.add(node.id.name);
        for (const parameter of node.params) bound(parameter, names);
        const own: Scope = { names, outer: scope };
        for (const parameter of node.params) target(parameter, own, true);
        if (node.body.type === "BlockStatement") hoisted(node.body, names);
        walk(node.body, own);
        return;
      }
      case "ClassDeclaration":
      case "ClassExpression": {
        const own: Scope = { names: new Set(node.id ? [node.id.name] : []), outer: scope };
        if (node.superClass) walk(node.superClass, own);
        walk(node.body, own);
        return;
      }
      case "StaticBlock":
      case "BlockStatement":
      case "SwitchStatement": {
        const own: Scope = { names: new Set(), outer: scope };
        const body = node.type === "SwitchStatement" ? node.cases.flatMap(({ consequent }) => consequent) : node.body;
        for (const statement of body) lexical(statement, own.names);
        inside(node, own);
        return;
      }
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement": {
        const own: Scope = { names: new Set(), outer: scope };
        const head = node.type === "ForStatement" ? node.init : node.left;
        if (head?.type === "VariableDeclaration") lexical(head, own.names);
        else if (head && node.type !== "ForStatement") {
          target(head as Pattern, own, false);
          walk(node.right, own);
          walk(node.body, own);
          return;
        }
        inside(node, own);
        return;
      }
      case "CatchClause": {
        const own: Scope = { names: new Set(), outer: scope };
        if (node.param) {
          bound(node.param, own.names);
          target(node.param, own, true);
        }
        walk(node.body, own);
        return;
      }
      case "LabeledStatement":
        walk(node.body, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
      case "MetaProperty":
      case "ImportDeclaration":
        return;
      default:
        inside(node, scope);
    }
  };

  const cell: Scope = { names: new Set(), outer: null };
  for (const statement of program.body) lexical(statement, cell.names);
  hoisted(program, cell.names);
  for (const statement of program.body) walk(statement, cell);
  return { uses: [...uses], assigns: [...assigns] };
}

/** A digest that is equal for texts which differ in layout, comments, types and ways to write a literal only. */
export function digestOf(program: Program): string {
  const json = JSON.stringify(program, function (this: { type?: unknown }, key, value) {
    if (key === "start" || key === "end" || (key === "raw" && this.type === "Literal")) return undefined;
    return typeof value === "bigint" ? `${value}n` : value;
  });
  return createHash("sha256").update(json).digest("base64url").slice(0, 22);
}

/** What a statement declares in the block that it stands in. */
function lexical(node: AnyNode, names: Set<string>): void {
  if (node.type === "VariableDeclaration") {
    if (node.kind !== "var") for (const { id } of node.declarations) bound(id, names);
  } else if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") {
    if (node.id) names.add(node.id.name);
  } else if (node.type === "ImportDeclaration") {
    for (const { local } of node.specifiers) names.add(local.name);
  }
}

/** What `var` declares anywhere in a function's body, its inner functions aside. */
function hoisted(node: AnyNode, names: Set<string>): void {
  if (node.type === "VariableDeclaration" && node.kind === "var")
    for (const { id } of node.declarations) bound(id, names);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child) && !/Function|Class/.test(child.type)) hoisted(child, names);
    }
  }
}

/** The names that a pattern binds. */
function bound(node: Pattern, names: Set<string>): void {
  switch (node.type) {
    case "Identifier":
      names.add(node.name);
      return;
    case "ObjectPattern":
      for (const property of node.properties)
        bound(property.type === "RestElement" ? property.argument : property.value, names);
      return;
    case "ArrayPattern":
      for (const element of node.elements) if (element) bound(element, names);
      return;
    case "AssignmentPattern":
      bound(node.left, names);
      return;
    case "RestElement":
      bound(node.argument, names);
      return;
  }
}
