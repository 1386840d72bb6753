/**
 * A number of the step that the host computes in f64, once per step: an expression over hyperparameters and the step
 * number. `1 - b2^t` belongs here: in f32 it costs 6e-5 of Adam's first steps.
 */
export class HostScalar {
  readonly tree: HostTree;

  constructor(tree: HostTree) {
    this.tree = tree;
  }

  toString(): string {
    return hostText(this.tree);
  }
}

/** Plain JSON: a number, a name (`lr`, `betas[0]`, `step`), or a function of trees. Comparisons give 0 or 1. */
export type HostTree = number | string | readonly [fn: HostFunction, ...args: HostTree[]];

export type HostFunction = keyof typeof functions;

const functions = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  max: (a, b) => Math.max(a, b),
  sqrt: (a) => Math.sqrt(a),
  abs: (a) => Math.abs(a),
  sign: (a) => Math.sign(a),
  equal: (a, b) => Number(a === b),
  less: (a, b) => Number(a < b),
  select: (condition, a, b) => (condition ? a : b),
} satisfies Record<string, (...x: number[]) => number> as Record<
  "add" | "sub" | "mul" | "div" | "pow" | "max" | "sqrt" | "abs" | "sign" | "equal" | "less" | "select",
  (...x: number[]) => number
>;

/** Value of a tree; `env` has the hyperparameters by name, and `step`, counted from 1. */
export function evaluateHost(tree: HostTree, env: Readonly<Record<string, number>>): number {
  if (typeof tree === "number") return tree;
  if (typeof tree === "string") {
    const value = env[tree];
    if (value === undefined) throw new Error(`host scalar "${tree}" is not among ${Object.keys(env).join(", ")}`);
    return value;
  }
  const [fn, ...args] = tree;
  return functions[fn](...args.map((a) => evaluateHost(a, env)));
}

/** The tree as text, the same for equal trees: `sub(1, pow(betas[0], step))`. */
export function hostText(tree: HostTree): string {
  if (!Array.isArray(tree)) return String(tree);
  const [fn, ...args] = tree as readonly [HostFunction, ...HostTree[]];
  return `${fn}(${args.map(hostText).join(", ")})`;
}

/** `fn(...args)` as a host scalar; a plain number when all arguments are. */
export function hostApply(fn: HostFunction, ...args: readonly (HostScalar | number)[]): HostScalar | number {
  if (args.every((a) => typeof a === "number")) return functions[fn](...(args as number[]));
  return new HostScalar([fn, ...args.map((a) => (typeof a === "number" ? a : a.tree))]);
}
