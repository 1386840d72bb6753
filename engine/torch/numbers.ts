import { parseExpressionAt } from "acorn";
import { held, LEVEL, numberText } from "./expression.ts";

/** A node of a syntax tree, of which only what is asked for is known. */
interface Node {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: trees of any code come here
  readonly [part: string]: any;
}

interface Text {
  readonly text: string;
  readonly level: number;
}

const BINARY: Readonly<Record<string, readonly [sign: string, level: number]>> = {
  "+": ["+", LEVEL.sum],
  "-": ["-", LEVEL.sum],
  "*": ["*", LEVEL.product],
  "/": ["/", LEVEL.product],
  "<": ["<", LEVEL.compare],
  "<=": ["<=", LEVEL.compare],
  ">": [">", LEVEL.compare],
  ">=": [">=", LEVEL.compare],
  "===": ["==", LEVEL.compare],
  "!==": ["!=", LEVEL.compare],
};

/** Functions of numbers that mean the same for tensors of one number and for Python's own. */
const FUNCTIONS: Readonly<Record<string, string>> = { min: "min", max: "max", abs: "abs" };

/**
 * A function of a list of numbers, `([p, r]) => (2 * p * r) / (p + r)`, as an expression in Python over `names`; null for one that does
 * more than compute from them.
 */
export function pythonNumbers(f: (...given: never[]) => unknown, names: readonly string[]): string | null {
  const bound = new Map<string, string>();
  let list: string | undefined;
  const fail = (): never => {
    throw new SyntaxError("does more than compute");
  };
  const bind = (pattern: Node): void => {
    if (pattern.type === "Identifier") list = pattern.name;
    else if (pattern.type === "ArrayPattern")
      for (const [i, element] of (pattern.elements as (Node | null)[]).entries()) {
        const own = element?.type === "AssignmentPattern" ? (element.left as Node) : element;
        if (own === null || own === undefined) continue;
        if (own.type !== "Identifier") fail();
        bound.set(own.name, names[i] ?? fail());
      }
    else fail();
  };
  const write = (node: Node): Text => {
    const atom = (text: string): Text => ({ text, level: LEVEL.atom });
    switch (node.type) {
      case "Literal":
        return typeof node.value === "number" ? atom(numberText(node.value)) : fail();
      case "Identifier":
        return atom(bound.get(node.name) ?? fail());
      case "ParenthesizedExpression":
        return write(node.expression);
      case "UnaryExpression":
        return node.operator === "-"
          ? { text: `-${held(write(node.argument), LEVEL.power)}`, level: LEVEL.sign }
          : fail();
      case "ConditionalExpression": {
        const [test, yes, no] = [node.test, node.consequent, node.alternate].map(write) as [Text, Text, Text];
        return atom(`(${yes.text} if ${test.text} else ${no.text})`);
      }
      case "BinaryExpression": {
        if (node.operator === "**")
          return {
            text: `${held(write(node.left), LEVEL.atom)} ** ${held(write(node.right), LEVEL.sign)}`,
            level: LEVEL.power,
          };
        const [sign, level] = BINARY[node.operator] ?? fail();
        return { text: `${held(write(node.left), level)} ${sign} ${held(write(node.right), level + 1)}`, level };
      }
      case "MemberExpression": {
        const isElement = node.computed && node.object.name === list && node.property.type === "Literal";
        return atom(isElement ? (names[node.property.value] ?? fail()) : fail());
      }
      case "CallExpression": {
        const { object, property } = node.callee as Node;
        const args = (node.arguments as Node[]).map(write);
        if (object?.name !== "Math") return fail();
        if (property.name === "sqrt")
          return { text: `${held(args[0] as Text, LEVEL.atom)} ** 0.5`, level: LEVEL.power };
        const name = FUNCTIONS[property.name] ?? fail();
        return atom(`${name}(${args.map(({ text }) => text).join(", ")})`);
      }
      default:
        return fail();
    }
  };
  try {
    const node: Node = parseExpressionAt(String(f), 0, { ecmaVersion: "latest" });
    if (!/^(Arrow)?FunctionExpression$/.test(node.type) || node.params.length > 1) return null;
    for (const param of node.params as Node[]) bind(param);
    const body: Node = node.body;
    const returned =
      body.type === "BlockStatement" ? (body.body.length === 1 ? (body.body[0] as Node) : null) : undefined;
    if (returned !== undefined && returned?.type !== "ReturnStatement") return null;
    return write(returned ? returned.argument : body).text;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
