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

const functions = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  pow: (a: number, b: number) => a ** b,
  max: (a: number, b: number) => Math.max(a, b),
  min: (a: number, b: number) => Math.min(a, b),
  sqrt: (a: number) => Math.sqrt(a),
  abs: (a: number) => Math.abs(a),
  sign: (a: number) => Math.sign(a),
  equal: (a: number, b: number) => Number(a === b),
  less: (a: number, b: number) => Number(a < b),
  select: (condition: number, a: number, b: number) => (condition ? a : b),
};

export type HostFunction = keyof typeof functions;

const call = (fn: HostFunction, args: readonly number[]): number =>
  (functions[fn] as (...x: readonly number[]) => number)(...args);

/** The hyperparameters by name, and `step`, counted from 1. */
export type HostNumbers = Readonly<Record<string, number>>;

/** A tree as a function that gives its value: it is asked for at every step. */
export function hostFunction(tree: HostTree): (env: HostNumbers) => number {
  if (typeof tree === "number") return () => tree;
  if (typeof tree === "string") {
    return (env) => {
      const value = env[tree];
      if (value === undefined) throw new Error(`host scalar "${tree}" is not among ${Object.keys(env).join(", ")}`);
      return value;
    };
  }
  const [fn, ...args] = tree;
  const apply = functions[fn] as (...x: readonly number[]) => number;
  const [a, b, c] = args.map(hostFunction);
  if (!a) return () => apply();
  if (!b) return (env) => apply(a(env));
  return c ? (env) => apply(a(env), b(env), c(env)) : (env) => apply(a(env), b(env));
}

/** Value of a tree. */
export const evaluateHost = (tree: HostTree, env: HostNumbers): number => hostFunction(tree)(env);

/** The tree as text, the same for equal trees: `sub(1, pow(betas[0], step))`. */
export function hostText(tree: HostTree): string {
  if (!Array.isArray(tree)) return String(tree);
  const [fn, ...args] = tree as readonly [HostFunction, ...HostTree[]];
  return `${fn}(${args.map(hostText).join(", ")})`;
}

/** `fn(...args)` as a host scalar; a plain number when all arguments are. */
export function hostApply(fn: HostFunction, ...args: readonly (HostScalar | number)[]): HostScalar | number {
  if (args.every((a) => typeof a === "number")) return call(fn, args);
  return new HostScalar([fn, ...args.map((a) => (typeof a === "number" ? a : a.tree))]);
}
