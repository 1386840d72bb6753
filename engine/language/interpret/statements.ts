import type { ModuleDeclaration, Pattern, Statement } from "acorn";
import { known } from "../safe.ts";
import { Scope, Silent, UNKNOWN } from "../values.ts";
import { forget } from "./doubts.ts";
import { closure } from "./functions.ts";
import { keyOf, leaves } from "./names.ts";
import { bind } from "./patterns.ts";
import { BREAK, CONTINUE, type Completion, Return, type Steps, type Walk } from "./walk.ts";

/** Functions are there before what stands above them. */
export function hoist(walk: Walk, body: readonly Statement[], scope: Scope): void {
  for (const statement of body) {
    if (statement.type !== "FunctionDeclaration") continue;
    scope.declare(statement.id.name, closure(walk, statement, scope));
  }
}

export function* block(walk: Walk, body: readonly Statement[], scope: Scope): Steps<Completion> {
  hoist(walk, body, scope);
  for (const each of body) {
    const done = yield* statement(walk, each, scope);
    if (done !== undefined) return done;
  }
  return undefined;
}

/** Follows a statement. Throws Silent where that is beyond us. */
export function* statement(walk: Walk, node: Statement | ModuleDeclaration, scope: Scope): Steps<Completion> {
  walk.tick();
  switch (node.type) {
    case "ImportDeclaration":
      // the library's own names; what other files export is not known before they run
      if (node.source.value !== "dlnb" || !node.specifiers.every(({ type }) => type === "ImportSpecifier")) {
        throw new Silent();
      }
      for (const { local, ...specifier } of node.specifiers) {
        const name = "imported" in specifier ? keyOf(specifier.imported) : "";
        scope.declare(local.name, Object.hasOwn(known, name) ? known[name] : UNKNOWN);
      }
      return undefined;
    case "ExpressionStatement":
      yield* walk.evaluate(node.expression, scope);
      return undefined;
    case "VariableDeclaration":
      for (const { id, init } of node.declarations) {
        const value = init ? yield* walk.evaluate(init, scope, id.type === "Identifier" ? id.name : "") : undefined;
        yield* bind(walk, id, value, scope, "declare", init ?? null);
      }
      return undefined;
    case "FunctionDeclaration":
    case "EmptyStatement":
    case "DebuggerStatement":
      return undefined;
    case "BlockStatement":
      return yield* block(walk, node.body, new Scope(scope));
    case "ReturnStatement":
      return new Return(node.argument ? yield* walk.evaluate(node.argument, scope) : undefined);
    case "BreakStatement":
      if (node.label) throw new Silent();
      return BREAK;
    case "ContinueStatement":
      if (node.label) throw new Silent();
      return CONTINUE;
    case "IfStatement": {
      const test = yield* walk.evaluate(node.test, scope);
      if (walk.knowledge.isUnknown(test)) {
        if (leaves(node)) throw new Silent();
        forget(walk, node, scope);
        return undefined;
      }
      if (test) return yield* statement(walk, node.consequent, scope);
      return node.alternate ? yield* statement(walk, node.alternate, scope) : undefined;
    }
    case "ForStatement": {
      let inner = new Scope(scope);
      if (node.init) {
        if (node.init.type === "VariableDeclaration") yield* statement(walk, node.init, inner);
        else yield* walk.evaluate(node.init, inner);
      }
      // a function made in one turn keeps that turn's variables
      for (;;) {
        if (node.test && !walk.knowledge.certain(yield* walk.evaluate(node.test, inner))) break;
        const done = yield* statement(walk, node.body, inner);
        if (done instanceof Return) return done;
        if (done === BREAK) break;
        inner = inner.next();
        if (node.update) yield* walk.evaluate(node.update, inner);
      }
      return undefined;
    }
    case "WhileStatement":
      while (walk.knowledge.certain(yield* walk.evaluate(node.test, scope))) {
        const done = yield* statement(walk, node.body, scope);
        if (done instanceof Return) return done;
        if (done === BREAK) break;
      }
      return undefined;
    case "DoWhileStatement":
      do {
        const done = yield* statement(walk, node.body, scope);
        if (done instanceof Return) return done;
        if (done === BREAK) break;
      } while (walk.knowledge.certain(yield* walk.evaluate(node.test, scope)));
      return undefined;
    case "ForOfStatement": {
      if (node.await) throw new Silent();
      const items = walk.knowledge.items(yield* walk.evaluate(node.right, scope));
      for (const item of items) {
        const inner = new Scope(scope);
        if (node.left.type === "VariableDeclaration") {
          yield* bind(walk, (node.left.declarations[0] as { id: Pattern }).id, item, inner, "declare");
        } else yield* bind(walk, node.left, item, inner, "assign");
        const done = yield* statement(walk, node.body, inner);
        if (done instanceof Return) return done;
        if (done === BREAK) break;
      }
      return undefined;
    }
    default:
      // try, switch, classes, labels, imports: what they do is not known before they do it
      throw new Silent();
  }
}
