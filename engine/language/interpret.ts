import type {
  AnyNode,
  CallExpression,
  Expression,
  ModuleDeclaration,
  Node,
  Pattern,
  SpreadElement,
  Statement,
} from "acorn";
import { UserError } from "../errors/index.ts";
import { visit } from "../kernel/cells/rewrite.ts";
import { Experiment } from "../session/index.ts";
import { Memo } from "./memo.ts";
import type { Origins } from "./origins.ts";
import { CLOSED_KEYS, isConstructor, isHanding, isPure, isTooMuch, known } from "./safe.ts";
import { computedMs, Knowledge, Member, OutOfTime, RunToBe, Scope, Silent, UNKNOWN } from "./values.ts";

/** An evaluation that stops at each promise, which is what it yields, and goes on with its value. */
type Steps<T = unknown> = Generator<PromiseLike<unknown>, T, unknown>;

/** A call as it is about to be made. */
export interface Call {
  readonly node: CallExpression;
  readonly fn: unknown;
  readonly self: unknown;
  readonly given: readonly unknown[];
}

export interface Watcher {
  /** Does what stands in for a call that the analysis makes in its own way; undefined: the call is as any other. */
  instead(call: Call): { readonly value: unknown } | undefined;
  /** Hears of an error that a call or a name of the library threw. */
  failed(error: UserError, node: Node, call: Call | null): void;
}

/** A statement of a cell that takes longer is given up; what it sets is unknown. */
const STATEMENT_MS = 500;
const NODES_BETWEEN_LOOKS = 512;

const COMPOUND = Symbol("compound");

class Return {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}
const BREAK = Symbol("break");
const CONTINUE = Symbol("continue");
type Completion = Return | typeof BREAK | typeof CONTINUE | undefined;

/**
 * Evaluates cells over the real library, as far as that can be done without effects: nothing is written, shown, sent, started or
 * imported. What cannot be known is `UNKNOWN`, and so is all that follows from it.
 */
export class Interpreter {
  readonly knowledge = new Knowledge();
  readonly global = new Scope(null);
  readonly #origins: Origins;
  readonly #watcher: Watcher;
  readonly #deadline: number;
  readonly #memo: Memo;
  #nodes = 0;
  /** When the statement under way is given up. */
  #patience = 0;
  /** Calls of functions that are not the cells' own, under way: what they throw is told by the outermost. */
  #depth = 0;
  /** Where an error was thrown first. */
  readonly #thrownAt = new WeakMap<Error, { node: Node; call: Call | null }>();

  constructor(origins: Origins, watcher: Watcher, memo: Memo, deadline: number) {
    this.#origins = origins;
    this.#watcher = watcher;
    this.#memo = memo;
    this.#deadline = deadline;
    for (const [name, value] of Object.entries(known)) this.global.declare(name, value);
  }

  /** Evaluates a cell's statements. What cannot be followed leaves the names that it declares unknown. Throws OutOfTime. */
  async cell(body: readonly Statement[]): Promise<void> {
    this.#hoist(body, this.global);
    for (const statement of body) {
      this.#patience = Math.min(this.#deadline, computedMs() + STATEMENT_MS);
      await this.#drive(this.#safely(statement, this.global));
    }
  }

  async #drive<T>(steps: Steps<T>): Promise<T> {
    let next = steps.next();
    while (!next.done) {
      let value: unknown;
      try {
        value = await next.value;
      } catch (error) {
        next = steps.throw(error);
        continue;
      }
      next = steps.next(value);
    }
    return next.value;
  }

  #tick(): void {
    this.#nodes++;
    if (this.#nodes % NODES_BETWEEN_LOOKS !== 0) return;
    if (computedMs() > this.#patience) throw new OutOfTime();
  }

  /** A statement that may turn out to be beyond us. */
  *#safely(statement: Statement, scope: Scope): Steps<Completion> {
    try {
      return yield* this.#statement(statement, scope);
    } catch (error) {
      if (error instanceof OutOfTime && computedMs() > this.#deadline) throw error;
      this.#patience = this.#deadline;
      this.#forget(statement, scope);
      return undefined;
    }
  }

  /** What a statement that was not followed may have set or changed is unknown from here on. */
  #forget(node: Node, scope: Scope, seen = new Set<Node>()): void {
    if (seen.has(node)) return;
    seen.add(node);
    visit(node as AnyNode, (each) => {
      this.#tick();
      if (each.type === "VariableDeclarator") for (const name of namesOf(each.id)) this.#lose(name, scope, true);
      else if (each.type === "ClassDeclaration" || each.type === "FunctionDeclaration") {
        if (each.type === "ClassDeclaration" && each.id) this.#lose(each.id.name, scope, true);
      } else if (each.type === "AssignmentExpression") for (const name of namesOf(each.left)) this.#lose(name, scope);
      else if (each.type === "UpdateExpression" && each.argument.type === "Identifier")
        this.#lose(each.argument.name, scope);
      else if (each.type === "ImportDeclaration") {
        for (const { local } of each.specifiers) this.#lose(local.name, scope, true);
      } else if (each.type === "Identifier") this.#doubt(scope.find(each.name)?.value, seen);
    });
  }

  #lose(name: string, scope: Scope, declares = false): void {
    const binding = scope.find(name);
    if (binding) {
      this.#doubt(binding.value, new Set());
      binding.value = UNKNOWN;
    } else if (declares) scope.declare(name, UNKNOWN);
  }

  /** A value that something unknown may have changed; of a function, all that it could change. */
  #doubt(value: unknown, seen: Set<Node>): void {
    const closure = typeof value === "function" ? this.knowledge.closures.get(value) : undefined;
    if (closure) this.#forget(closure.node, closure.scope, seen);
    else this.knowledge.doubt(value);
  }

  // ------------------------------------------------------------------------------------------------- statements

  #hoist(body: readonly Statement[], scope: Scope): void {
    for (const statement of body) {
      if (statement.type !== "FunctionDeclaration") continue;
      scope.declare(statement.id.name, this.#function(statement, scope));
    }
  }

  *#block(body: readonly Statement[], scope: Scope): Steps<Completion> {
    this.#hoist(body, scope);
    for (const statement of body) {
      const done = yield* this.#statement(statement, scope);
      if (done !== undefined) return done;
    }
    return undefined;
  }

  *#statement(node: Statement | ModuleDeclaration, scope: Scope): Steps<Completion> {
    this.#tick();
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
        yield* this.evaluate(node.expression, scope);
        return undefined;
      case "VariableDeclaration":
        for (const { id, init } of node.declarations) {
          const value = init ? yield* this.evaluate(init, scope, id.type === "Identifier" ? id.name : "") : undefined;
          yield* this.#bind(id, value, scope, "declare", init ?? null);
        }
        return undefined;
      case "FunctionDeclaration":
      case "EmptyStatement":
      case "DebuggerStatement":
        return undefined;
      case "BlockStatement":
        return yield* this.#block(node.body, new Scope(scope));
      case "ReturnStatement":
        return new Return(node.argument ? yield* this.evaluate(node.argument, scope) : undefined);
      case "BreakStatement":
        if (node.label) throw new Silent();
        return BREAK;
      case "ContinueStatement":
        if (node.label) throw new Silent();
        return CONTINUE;
      case "IfStatement": {
        const test = yield* this.evaluate(node.test, scope);
        if (this.knowledge.isUnknown(test)) {
          if (leaves(node)) throw new Silent();
          this.#forget(node, scope);
          return undefined;
        }
        if (test) return yield* this.#statement(node.consequent, scope);
        return node.alternate ? yield* this.#statement(node.alternate, scope) : undefined;
      }
      case "ForStatement": {
        let inner = new Scope(scope);
        if (node.init) {
          if (node.init.type === "VariableDeclaration") yield* this.#statement(node.init, inner);
          else yield* this.evaluate(node.init, inner);
        }
        // a function made in one turn keeps that turn's variables
        for (;;) {
          if (node.test && !this.#certain(yield* this.evaluate(node.test, inner))) break;
          const done = yield* this.#statement(node.body, inner);
          if (done instanceof Return) return done;
          if (done === BREAK) break;
          inner = inner.next();
          if (node.update) yield* this.evaluate(node.update, inner);
        }
        return undefined;
      }
      case "WhileStatement":
        while (this.#certain(yield* this.evaluate(node.test, scope))) {
          const done = yield* this.#statement(node.body, scope);
          if (done instanceof Return) return done;
          if (done === BREAK) break;
        }
        return undefined;
      case "DoWhileStatement":
        do {
          const done = yield* this.#statement(node.body, scope);
          if (done instanceof Return) return done;
          if (done === BREAK) break;
        } while (this.#certain(yield* this.evaluate(node.test, scope)));
        return undefined;
      case "ForOfStatement": {
        if (node.await) throw new Silent();
        const items = this.#items(yield* this.evaluate(node.right, scope));
        for (const item of items) {
          const inner = new Scope(scope);
          if (node.left.type === "VariableDeclaration") {
            yield* this.#bind((node.left.declarations[0] as { id: Pattern }).id, item, inner, "declare");
          } else yield* this.#bind(node.left, item, inner, "assign");
          const done = yield* this.#statement(node.body, inner);
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

  #certain(value: unknown): unknown {
    if (this.knowledge.isUnknown(value)) throw new Silent();
    return value;
  }

  /** What a loop or a spread goes through. */
  #items(value: unknown): Iterable<unknown> {
    this.#certain(value);
    if (typeof value === "string" || Array.isArray(value) || value instanceof Map || value instanceof Set) return value;
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return value as unknown as Iterable<unknown>;
    // what entries() and matchAll() give
    if (
      typeof value === "object" &&
      value !== null &&
      Object.getPrototypeOf(value)?.[Symbol.toStringTag]?.endsWith?.("Iterator")
    ) {
      return value as Iterable<unknown>;
    }
    throw new Silent();
  }

  *#bind(to: Pattern, value: unknown, scope: Scope, how: "declare" | "assign", init: Node | null = null): Steps<void> {
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
        const object = yield* this.evaluate(to.object as Expression, scope);
        const key = yield* this.#key(to, scope);
        if (this.knowledge.isUnknown(object)) return;
        if (this.knowledge.isUnknown(key) || CLOSED_KEYS.has(key as PropertyKey)) {
          this.knowledge.doubt(object);
          return;
        }
        // nothing but what cells made is theirs to change
        if (typeof object !== "object" || object === null || Object.isFrozen(object)) throw new Silent();
        if (
          !(Array.isArray(object) || Object.getPrototypeOf(object) === Object.prototype || ArrayBuffer.isView(object))
        ) {
          throw new Silent();
        }
        if (ArrayBuffer.isView(object) && this.knowledge.isUnknown(value)) throw new Silent();
        (object as Record<PropertyKey, unknown>)[key as PropertyKey] = value;
        this.#origins.member(object, String(key), to.property, init ?? to.property);
        return;
      }
      case "AssignmentPattern":
        if (value === undefined) value = yield* this.evaluate(to.right, scope);
        yield* this.#bind(to.left, value, scope, how);
        return;
      case "ArrayPattern": {
        if (this.knowledge.isUnknown(value)) {
          for (const name of namesOf(to)) this.#set(name, UNKNOWN, scope, how);
          return;
        }
        const items = [...this.#items(value)];
        for (const [i, element] of to.elements.entries()) {
          if (!element) continue;
          if (element.type === "RestElement") yield* this.#bind(element.argument, items.slice(i), scope, how);
          else yield* this.#bind(element, items[i], scope, how);
        }
        return;
      }
      case "ObjectPattern": {
        if (this.knowledge.isUnknown(value)) {
          for (const name of namesOf(to)) this.#set(name, UNKNOWN, scope, how);
          return;
        }
        const taken = new Set<string>();
        for (const property of to.properties) {
          if (property.type === "RestElement") {
            const rest = Object.entries(value as object).filter(([name]) => !taken.has(name));
            yield* this.#bind(property.argument, Object.fromEntries(rest), scope, how);
            continue;
          }
          const key = property.computed
            ? this.#certain(yield* this.evaluate(property.key as Expression, scope))
            : keyOf(property.key);
          taken.add(String(key));
          yield* this.#bind(property.value, this.#get(value, key as PropertyKey, property.key), scope, how);
        }
        return;
      }
      default:
        throw new Silent();
    }
  }

  #set(name: string, value: unknown, scope: Scope, how: "declare" | "assign"): void {
    const binding = how === "assign" ? scope.find(name) : undefined;
    if (binding) binding.value = value;
    else scope.declare(name, value);
  }

  // ------------------------------------------------------------------------------------------------ expressions

  /** The value of a literal or a name, which are most of what there is to evaluate; COMPOUND for all else. */
  #leaf(node: Expression | SpreadElement, scope: Scope): unknown {
    if (node.type === "Identifier") {
      const binding = scope.find(node.name);
      return binding === undefined || this.knowledge.isOpaque(binding.value) ? UNKNOWN : binding.value;
    }
    return node.type === "Literal" && !("regex" in node && node.regex) ? node.value : COMPOUND;
  }

  /** `name` is what an anonymous function is called. */
  *evaluate(node: Expression | SpreadElement, scope: Scope, name = ""): Steps {
    this.#tick();
    switch (node.type) {
      case "Literal":
        if ("regex" in node && node.regex) return new RegExp(node.regex.pattern, node.regex.flags);
        return node.value;
      case "TemplateLiteral": {
        let text = "";
        for (const [i, quasi] of node.quasis.entries()) {
          text += quasi.value.cooked ?? "";
          const part = node.expressions[i];
          if (!part) continue;
          let value = this.#leaf(part, scope);
          if (value === COMPOUND) value = yield* this.evaluate(part, scope);
          if (this.knowledge.hasUnknown(value)) return yield* this.#rest(node.expressions.slice(i + 1), scope);
          text += this.#text(value);
        }
        return text;
      }
      case "Identifier":
        return this.#leaf(node, scope);
      case "ParenthesizedExpression":
        return yield* this.evaluate(node.expression, scope, name);
      case "ArrayExpression":
        return yield* this.#array(node, scope);
      case "ObjectExpression":
        return yield* this.#object(node, scope);
      case "ArrowFunctionExpression":
      case "FunctionExpression":
        return this.#function(node, scope, name);
      case "UnaryExpression": {
        if (node.operator === "delete") throw new Silent();
        const value = yield* this.evaluate(node.argument, scope);
        if (this.knowledge.isUnknown(value)) return UNKNOWN;
        return this.#unary(node.operator, value);
      }
      case "BinaryExpression": {
        if (node.left.type === "PrivateIdentifier") throw new Silent();
        let left = this.#leaf(node.left, scope);
        if (left === COMPOUND) left = yield* this.evaluate(node.left, scope);
        let right = this.#leaf(node.right, scope);
        if (right === COMPOUND) right = yield* this.evaluate(node.right, scope);
        if (this.knowledge.isUnknown(left) || this.knowledge.isUnknown(right)) return UNKNOWN;
        return this.#binary(node.operator, left, right);
      }
      case "LogicalExpression": {
        const left = yield* this.evaluate(node.left, scope);
        if (this.knowledge.isUnknown(left)) {
          this.#forget(node.right, scope);
          return UNKNOWN;
        }
        const short =
          node.operator === "&&" ? !left : node.operator === "||" ? !!left : left !== null && left !== undefined;
        return short ? left : yield* this.evaluate(node.right, scope);
      }
      case "ConditionalExpression": {
        const test = yield* this.evaluate(node.test, scope);
        if (this.knowledge.isUnknown(test)) {
          this.#forget(node.consequent, scope);
          this.#forget(node.alternate, scope);
          return UNKNOWN;
        }
        return yield* this.evaluate(test ? node.consequent : node.alternate, scope);
      }
      case "SequenceExpression": {
        let last: unknown;
        for (const each of node.expressions) last = yield* this.evaluate(each, scope);
        return last;
      }
      case "AssignmentExpression": {
        if (node.operator === "=") {
          const value = yield* this.evaluate(node.right, scope);
          yield* this.#bind(node.left, value, scope, "assign", node.right);
          return value;
        }
        if (node.left.type !== "Identifier" && node.left.type !== "MemberExpression") throw new Silent();
        const before = yield* this.evaluate(node.left as Expression, scope);
        if (/^(&&|\|\||\?\?)=$/.test(node.operator)) throw new Silent();
        const right = yield* this.evaluate(node.right, scope);
        const either = this.knowledge.isUnknown(before) || this.knowledge.isUnknown(right);
        const value = either ? UNKNOWN : this.#binary(node.operator.slice(0, -1), before, right);
        yield* this.#bind(node.left as Pattern, value, scope, "assign");
        return value;
      }
      case "UpdateExpression": {
        const before = yield* this.evaluate(node.argument as Expression, scope);
        const unknown = this.knowledge.isUnknown(before);
        const after = unknown ? UNKNOWN : (before as number) + (node.operator === "++" ? 1 : -1);
        yield* this.#bind(node.argument as Pattern, after, scope, "assign");
        return node.prefix ? after : before;
      }
      case "MemberExpression": {
        if (node.object.type === "Super") return UNKNOWN;
        let object = this.#leaf(node.object, scope);
        if (object === COMPOUND) object = yield* this.evaluate(node.object, scope);
        const key = yield* this.#key(node, scope);
        if (this.knowledge.isOpaque(object) || this.knowledge.isUnknown(key)) return UNKNOWN;
        if (node.optional && (object === null || object === undefined)) return undefined;
        return this.#get(object, key as PropertyKey, node.property);
      }
      case "ChainExpression":
        return yield* this.evaluate(node.expression, scope);
      case "CallExpression":
        return yield* this.#call(node, scope);
      case "NewExpression": {
        const made = node.callee.type === "Identifier" ? scope.find(node.callee.name)?.value : UNKNOWN;
        const given = yield* this.#arguments(node.arguments, scope);
        if (given === null || !isConstructor(made) || given.some((each) => this.knowledge.hasUnknown(each))) {
          for (const each of given ?? []) this.#doubt(each, new Set());
          return UNKNOWN;
        }
        if (isTooMuch(made, undefined, given)) return UNKNOWN;
        return new made(...given);
      }
      case "AwaitExpression": {
        const value = yield* this.evaluate(node.argument, scope);
        if (this.knowledge.isUnknown(value)) return value;
        if (!(value instanceof Promise)) return value;
        try {
          return yield value;
        } catch (error) {
          // a call that reads data tells its errors when it is waited for
          const call = asCall(node.argument);
          return this.#failed(error, call ?? node, call ? (this.#calls.get(value) ?? null) : null);
        }
      }
      default:
        throw new Silent();
    }
  }

  /** Calls by the promise that they gave. */
  readonly #calls = new WeakMap<object, Call>();

  /** Evaluates what is left of an expression whose value is unknown already, for what it says by itself. */
  *#rest(nodes: readonly Expression[], scope: Scope): Steps {
    for (const each of nodes) yield* this.evaluate(each, scope);
    return UNKNOWN;
  }

  #text(value: unknown): string {
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return String((value as object).toString());
    return String(value);
  }

  #unary(operator: string, value: unknown): unknown {
    const it = value as number;
    switch (operator) {
      case "-":
        return -it;
      case "+":
        return +it;
      case "!":
        return !it;
      case "~":
        return ~it;
      case "typeof":
        return typeof value;
      case "void":
        return undefined;
      default:
        throw new Silent();
    }
  }

  #binary(operator: string, left: unknown, right: unknown): unknown {
    const [a, b] = [left as number, right as number];
    switch (operator) {
      case "+":
        return a + b;
      case "-":
        return a - b;
      case "*":
        return a * b;
      case "/":
        return a / b;
      case "%":
        return a % b;
      case "**":
        return a ** b;
      case "<":
        return a < b;
      case "<=":
        return a <= b;
      case ">":
        return a > b;
      case ">=":
        return a >= b;
      case "===":
        return left === right;
      case "!==":
        return left !== right;
      case "==":
        // biome-ignore lint/suspicious/noDoubleEquals: it is what the cell says
        return left == right;
      case "!=":
        // biome-ignore lint/suspicious/noDoubleEquals: it is what the cell says
        return left != right;
      case "&":
        return a & b;
      case "|":
        return a | b;
      case "^":
        return a ^ b;
      case "<<":
        return a << b;
      case ">>":
        return a >> b;
      case ">>>":
        return a >>> b;
      case "in":
        return (left as PropertyKey) in (right as object);
      default:
        throw new Silent();
    }
  }

  *#array(node: Expression & { type: "ArrayExpression" }, scope: Scope): Steps {
    const items: unknown[] = [];
    this.#origins.made(items, node);
    for (const element of node.elements) {
      if (element === null) items.push(undefined);
      else if (element.type === "SpreadElement") {
        const value = yield* this.evaluate(element.argument, scope);
        if (this.knowledge.isUnknown(value)) return UNKNOWN;
        items.push(...this.#items(value));
      } else {
        this.#origins.member(items, String(items.length), element, element);
        items.push(yield* this.evaluate(element, scope));
      }
    }
    return items;
  }

  *#object(node: Expression & { type: "ObjectExpression" }, scope: Scope): Steps {
    const made: Record<string, unknown> = {};
    this.#origins.made(made, node);
    for (const property of node.properties) {
      if (property.type === "SpreadElement") {
        const value = yield* this.evaluate(property.argument, scope);
        if (this.knowledge.isUnknown(value)) return UNKNOWN;
        if (typeof value !== "object" || value === null) continue;
        Object.assign(made, value);
        this.#origins.spread(value, made);
        continue;
      }
      if (property.kind !== "init") throw new Silent();
      const key = property.computed ? yield* this.evaluate(property.key as Expression, scope) : keyOf(property.key);
      if (this.knowledge.isUnknown(key)) return UNKNOWN;
      if (key === "__proto__") throw new Silent();
      made[String(key)] = yield* this.evaluate(property.value as Expression, scope, String(key));
      this.#origins.member(made, String(key), property.key, property.value);
    }
    return made;
  }

  *#key(node: Expression & { type: "MemberExpression" }, scope: Scope): Steps {
    if (node.property.type === "PrivateIdentifier") throw new Silent();
    if (!node.computed) return (node.property as { name: string }).name;
    const key = yield* this.evaluate(node.property as Expression, scope);
    return typeof key === "symbol" && key !== UNKNOWN ? UNKNOWN : key;
  }

  #get(object: unknown, key: PropertyKey, node: Node): unknown {
    if (CLOSED_KEYS.has(key) || typeof key === "object") return UNKNOWN;
    if (object === null || object === undefined) throw new Silent();
    if (object instanceof Member) return new Member(object.of, `${object.path}.${String(key)}`);
    if (object instanceof RunToBe || (object instanceof Experiment && !TOLD.has(key))) {
      return new Member(object, String(key));
    }
    try {
      const value = (object as Record<PropertyKey, unknown>)[key];
      return this.knowledge.isOpaque(value) ? UNKNOWN : value;
    } catch (error) {
      return this.#failed(error, node, null);
    }
  }

  // ------------------------------------------------------------------------------------------------------ calls

  *#arguments(nodes: readonly (Expression | SpreadElement)[], scope: Scope): Steps<unknown[] | null> {
    const given: unknown[] = [];
    let whole = true;
    for (const node of nodes) {
      const leaf = this.#leaf(node, scope);
      if (leaf !== COMPOUND) given.push(leaf);
      else if (node.type !== "SpreadElement") given.push(yield* this.evaluate(node, scope));
      else {
        const value = yield* this.evaluate(node.argument, scope);
        if (this.knowledge.isUnknown(value)) whole = false;
        else given.push(...this.#items(value));
      }
    }
    return whole ? given : null;
  }

  *#call(node: CallExpression, scope: Scope): Steps {
    const { callee } = node;
    if (callee.type === "Super") throw new Silent();
    let self: unknown;
    let fn: unknown;
    if (callee.type === "MemberExpression" && callee.object.type !== "Super") {
      self = this.#leaf(callee.object, scope);
      if (self === COMPOUND) self = yield* this.evaluate(callee.object, scope);
      const key = yield* this.#key(callee, scope);
      const none = self === null || self === undefined;
      if (none && callee.optional) return undefined;
      fn =
        this.knowledge.isOpaque(self) || this.knowledge.isUnknown(key)
          ? UNKNOWN
          : this.#get(self, key as PropertyKey, callee.property);
    } else {
      fn = this.#leaf(callee, scope);
      if (fn === COMPOUND) fn = yield* this.evaluate(callee, scope);
    }
    if (node.optional && (fn === null || fn === undefined)) return undefined;
    const given = yield* this.#arguments(node.arguments, scope);
    if (given === null) return this.#unheard([self]);
    const call: Call = { node, fn, self, given };
    const instead = this.#try(call, () => this.#watcher.instead(call));
    if (instead === UNKNOWN) return UNKNOWN;
    if (instead !== undefined) {
      if (instead.value instanceof Promise) this.#calls.set(instead.value, call);
      return instead.value;
    }
    const closure = typeof fn === "function" ? this.knowledge.closures.get(fn) : undefined;
    if (closure) {
      try {
        const result = yield* this.#invoke(closure.node as FunctionNode, closure.scope, given);
        if (typeof result === "object" && result !== null) this.#origins.handed(result, node);
        return result;
      } catch (error) {
        if (error instanceof OutOfTime || error instanceof UserError) throw error;
        return this.#unheard([fn, ...given]);
      }
    }
    if (!isPure(fn) && !isLayerCall(fn) && !(isLayerCall(self) && fn === self.results)) {
      return this.#unheard([self, ...given]);
    }
    return this.#compute(call);
  }

  /** The result of a call of which nothing is known, not even what it does to what it was given. */
  #unheard(given: readonly unknown[]): typeof UNKNOWN {
    for (const each of given) this.#doubt(each, new Set());
    return UNKNOWN;
  }

  /** Calls a function that only computes. */
  #compute(call: Call): unknown {
    const { fn, self, given } = call;
    const adds = Array.isArray(self) && ADDING.has(fn);
    if (!adds && (this.knowledge.hasUnknown(given) || this.knowledge.hasUnknown(self))) {
      return this.#unheard([self, ...given]);
    }
    if (isTooMuch(fn, self, given)) return UNKNOWN;
    const handing = isHanding(fn);
    const passed = handing ? given : given.map((each) => this.#strictly(each));
    const key = Memo.key(call);
    const make = () => (fn as (...given: unknown[]) => unknown).apply(self, [...passed]);
    const result = this.#try(call, () => (key === null ? make() : this.#memo.of(self as object, key, make)));
    if (result instanceof Promise) {
      result.catch(() => {});
      this.#calls.set(result, call);
    }
    if (typeof result === "object" && result !== null) this.#origins.called(result, call);
    return result;
  }

  /** A function of a cell, for code that would take what it does not know for a value. */
  #strictly(value: unknown): unknown {
    if (typeof value === "function") {
      if (!this.knowledge.closures.has(value)) return value;
      const strict = (...given: unknown[]) => {
        const result = (value as (...given: unknown[]) => unknown)(...given);
        if (this.knowledge.hasUnknown(result)) throw new Silent();
        return result;
      };
      return Object.defineProperty(strict, "length", { value: (value as { length: number }).length });
    }
    return value;
  }

  /** What `work` gives, or UNKNOWN: an error of the library is told once, by the outermost call that it comes through. */
  #try<T>(call: Call, work: () => T): T | typeof UNKNOWN {
    this.#depth++;
    try {
      return work();
    } catch (error) {
      this.#depth--;
      try {
        if (error instanceof OutOfTime) throw error;
        this.#unheard([call.self, ...call.given]);
        return this.#failed(error, call.node, call);
      } finally {
        this.#depth++;
      }
    } finally {
      this.#depth--;
    }
  }

  /** Tells an error of the library, or leaves that to the call under way. Errors of the language are TypeScript's to tell. */
  #failed(error: unknown, node: Node, call: Call | null): typeof UNKNOWN {
    if (error instanceof OutOfTime) throw error;
    if (!(error instanceof UserError)) return UNKNOWN;
    if (this.#depth > 0) {
      if (!this.#thrownAt.has(error)) this.#thrownAt.set(error, { node, call });
      throw error;
    }
    let at = { node, call };
    for (let each: unknown = error; each instanceof Error; each = each.cause) at = this.#thrownAt.get(each) ?? at;
    this.#watcher.failed(error, at.node, at.call);
    return UNKNOWN;
  }

  #function(node: FunctionNode, scope: Scope, name = ""): unknown {
    if (node.generator) return UNKNOWN;
    const made = node.async
      ? (...given: unknown[]) => this.#drive(this.#body(node, scope, given))
      : (...given: unknown[]) => this.#atOnce(this.#body(node, scope, given));
    Object.defineProperty(made, "length", { value: node.params.length });
    Object.defineProperty(made, "name", { value: node.id?.name ?? name });
    this.knowledge.closures.set(made, { node, scope });
    return made;
  }

  *#invoke(node: FunctionNode, scope: Scope, given: readonly unknown[]): Steps {
    if (!node.async) return yield* this.#body(node, scope, given);
    const promise = this.#drive(this.#body(node, scope, given)).catch((error: unknown) => {
      if (error instanceof OutOfTime) throw error;
      this.#forget(node, scope);
      return UNKNOWN;
    });
    promise.catch(() => {});
    return promise;
  }

  /** A body that does not wait for anything. */
  #atOnce(steps: Steps): unknown {
    const { done, value } = steps.next();
    if (!done) throw new Silent();
    return value;
  }

  *#body(node: FunctionNode, scope: Scope, given: readonly unknown[]): Steps {
    const inner = new Scope(scope);
    for (const [i, param] of node.params.entries()) {
      if (param.type === "RestElement") yield* this.#bind(param.argument, given.slice(i), inner, "declare");
      else yield* this.#bind(param, given[i], inner, "declare");
    }
    if (node.body.type !== "BlockStatement") return yield* this.evaluate(node.body, inner);
    const done = yield* this.#block(node.body.body, inner);
    return done instanceof Return ? done.value : undefined;
  }
}

type FunctionNode =
  | (Statement & { type: "FunctionDeclaration" })
  | (Expression & { type: "FunctionExpression" | "ArrowFunctionExpression" });

/** A layer within `nn.module`, which a forward function is given. */
const isLayerCall = (value: unknown): value is { readonly results: unknown } =>
  typeof value === "function" && Object.hasOwn(value, "results");

/** What an experiment tells of itself before a run. */
const TOLD = new Set<PropertyKey>(["name", "options", "splits"]);

/** Methods of lists that take what is not known as they take all else. */
const ADDING = new Set<unknown>([
  Array.prototype.push,
  Array.prototype.unshift,
  Array.prototype.concat,
  Array.prototype.fill,
]);

const asCall = (node: Expression): CallExpression | null => (node.type === "CallExpression" ? node : null);

function keyOf(key: Node): string | number {
  const { type, name, value } = key as Node & { name?: string; value?: unknown };
  return type === "Identifier" ? (name as string) : (value as string | number);
}

/** Names that a pattern sets. */
function namesOf(node: Pattern | Expression): string[] {
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
function leaves(node: Node): boolean {
  let found = false;
  visit(node as AnyNode, ({ type }) => {
    found ||= /^(Break|Continue|Return|Throw)Statement$/.test(type);
  });
  return found;
}
