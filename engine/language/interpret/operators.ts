import { Silent } from "../values.ts";

/** A value as a template shows it. */
export function textOf(value: unknown): string {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return String((value as object).toString());
  return String(value);
}

export function unary(operator: string, value: unknown): unknown {
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

export function binary(operator: string, left: unknown, right: unknown): unknown {
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
