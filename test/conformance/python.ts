import { Unsupported } from "./case.ts";

/** Python expressions of one number, as schedulers are given them: arithmetic, comparisons, `a if c else b`, math. */

type Value = (x: number) => number;

const NAMES: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E, True: 1, False: 0 };
const FUNCTIONS: Readonly<Record<string, (...x: number[]) => number>> = {
  min: Math.min,
  max: Math.max,
  sqrt: Math.sqrt,
  cos: Math.cos,
  sin: Math.sin,
  exp: Math.exp,
  log: Math.log,
  floor: Math.floor,
  ceil: Math.ceil,
  pow: (a, b) => a ** b,
  abs: Math.abs,
  int: Math.trunc,
  float: (a) => a,
};

/** Operators from the loosest to the tightest; all but powers group from the left. */
const LEVELS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { or: (a, b) => a || b },
  { and: (a, b) => a && b },
  {
    "<": (a, b) => Number(a < b),
    "<=": (a, b) => Number(a <= b),
    ">": (a, b) => Number(a > b),
    ">=": (a, b) => Number(a >= b),
    "==": (a, b) => Number(a === b),
    "!=": (a, b) => Number(a !== b),
  },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  {
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "//": (a, b) => Math.floor(a / b),
    "%": (a, b) => a - b * Math.floor(a / b),
  },
];

/** The function that a text is: `lambda epoch: 0.95 ** epoch`, or an expression over t. Throws Unsupported. */
export function pythonFunction(text: string): Value {
  const [, variable = "t", expression = ""] = /^\s*(?:lambda\s+(\w+)\s*:)?([\s\S]*)$/.exec(text) ?? [];
  const tokens = expression.match(/\*\*|\/\/|[<>=!]=|[\w.]+(?:(?<=\d)e[+-]?\d+)?|\S/g) ?? [];
  let at = 0;
  const take = (wanted: string): boolean => tokens[at] === wanted && at++ >= 0;
  const expect = (wanted: string): void => {
    if (!take(wanted)) throw new Unsupported(`function ${text}`);
  };

  const choice = (): Value => {
    const yes = level(0);
    if (!take("if")) return yes;
    const condition = level(0);
    expect("else");
    const no = choice();
    return (x) => (condition(x) ? yes(x) : no(x));
  };
  const level = (depth: number): Value => {
    const operators = LEVELS[depth];
    if (!operators) return signed();
    let left = level(depth + 1);
    for (let op = operators[tokens[at] ?? ""]; op; op = operators[tokens[at] ?? ""]) {
      at += 1;
      const [a, b, apply] = [left, level(depth + 1), op];
      left = (x) => apply(a(x), b(x));
    }
    return left;
  };
  const signed = (): Value => {
    const inner = take("-") ? signed() : undefined;
    if (inner) return (x) => -inner(x);
    const base = atom();
    if (!take("**")) return base;
    const exponent = signed();
    return (x) => base(x) ** exponent(x);
  };
  const atom = (): Value => {
    if (take("(")) {
      const inner = choice();
      expect(")");
      return inner;
    }
    const word = (tokens[at++] ?? "").replace(/^(math|np|numpy)\./, "");
    if (word === variable) return (x) => x;
    const call = FUNCTIONS[word];
    if (call && take("(")) {
      const given = [choice()];
      while (take(",")) given.push(choice());
      expect(")");
      return (x) => call(...given.map((g) => g(x)));
    }
    const number = NAMES[word] ?? Number(word || "nothing");
    if (Number.isNaN(number)) throw new Unsupported(`function ${text}`);
    return () => number;
  };

  const made = choice();
  if (at < tokens.length) throw new Unsupported(`function ${text}`);
  return made;
}
