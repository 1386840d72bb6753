import { ShapeError } from "../errors/index.ts";
import { broadcastShapes, type DType, type Shape } from "../tensor/index.ts";
import { broadcastTo } from "./movement.ts";
import { named } from "./said.ts";
import { apply, constant, Tensor } from "./tensor.ts";

/**
 * Elementwise functions of tensors and numbers, with NumPy's broadcasting. Sums with 0, products with 1 and functions
 * of constants are simplified on the way, so that gradients stay small.
 */

/** A tensor, or a number that takes the other operand's shape and dtype. */
export type Operand = Tensor | number;

export const add = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair("add", a, b);
  if (isConstant(x, 0)) return y;
  return isConstant(y, 0) ? x : build("add", [x, y]);
};

export const sub = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair("sub", a, b);
  return isConstant(y, 0) ? x : build("sub", [x, y]);
};

export const mul = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair("mul", a, b);
  if (isConstant(x, 1)) return y;
  return isConstant(y, 1) ? x : build("mul", [x, y]);
};

/** a / b; integers truncate. */
export const div = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair("div", a, b);
  return isConstant(y, 1) ? x : build("div", [x, y]);
};

/** Remainder of integers, with the sign of a. */
export const mod = (a: Operand, b: Operand): Tensor => build("mod", pair("mod", a, b));

/** a^b; powers 0, 1 and 2 need no function. */
export const pow = (a: Operand, b: Operand): Tensor => {
  const [x, y] = pair("pow", a, b);
  if (isConstant(y, 0)) return constant(1, x.shape);
  if (isConstant(y, 1)) return x;
  if (isConstant(y, 2)) return mul(x, x);
  return build("pow", [x, y]);
};

export const maximum = (a: Operand, b: Operand): Tensor => build("maximum", pair("maximum", a, b));
export const minimum = (a: Operand, b: Operand): Tensor => build("minimum", pair("minimum", a, b));

export const equal = (a: Operand, b: Operand): Tensor => build("equal", pair("equal", a, b));
export const less = (a: Operand, b: Operand): Tensor => build("less", pair("less", a, b));
export const lessEqual = (a: Operand, b: Operand): Tensor => build("lessEqual", pair("lessEqual", a, b));
export const greater = (a: Operand, b: Operand): Tensor => less(b, a);
export const greaterEqual = (a: Operand, b: Operand): Tensor => lessEqual(b, a);
export const and = (a: Tensor, b: Tensor): Tensor => build("and", pair("and", a, b));
export const or = (a: Tensor, b: Tensor): Tensor => build("or", pair("or", a, b));
export const not = (x: Tensor): Tensor => build("not", [x]);
const finite = (x: Tensor): Tensor => build("isFinite", [x]);

export { finite as isFinite };

/** a where `cond` holds, else b. */
export function select(cond: Tensor, a: Operand, b: Operand): Tensor {
  const [x, y] = typeof a === "number" && typeof b === "number" ? [constant(a), constant(b)] : pair("select", a, b);
  const shape = broadcastShapes("select", cond.shape, x.shape);
  return apply("select", [broadcastTo(cond, shape), broadcastTo(x, shape), broadcastTo(y, shape)]);
}

export const neg = (x: Tensor): Tensor => (x.op === "neg" ? (x.inputs[0] as Tensor) : build("neg", [x]));
export const abs = (x: Tensor): Tensor => build("abs", [x]);
export const sign = (x: Tensor): Tensor => build("sign", [x]);
export const floor = (x: Tensor): Tensor => build("floor", [x]);
export const exp = (x: Tensor): Tensor => build("exp", [x]);
export const log = (x: Tensor): Tensor => build("log", [x]);
export const sqrt = (x: Tensor): Tensor => build("sqrt", [x]);
export const sin = (x: Tensor): Tensor => build("sin", [x]);
export const cos = (x: Tensor): Tensor => build("cos", [x]);
export const tanh = (x: Tensor): Tensor => build("tanh", [x]);
export const sigmoid = (x: Tensor): Tensor => build("sigmoid", [x]);
export const erf = (x: Tensor): Tensor => build("erf", [x]);
export const relu = (x: Tensor): Tensor => build("relu", [x]);
/** x times the share of a standard normal distribution below x, exact or by tanh. */
export const gelu = (x: Tensor, approximate: "none" | "tanh" = "none"): Tensor => apply("gelu", [x], { approximate });
/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|): nothing overflows, and all derivatives are right, at 0 too. */
export const logOnePlusExp = named("logOnePlusExp", function logOnePlusExp(x: Tensor): Tensor {
  const negative = less(x, 0);
  return add(select(negative, 0, x), log(add(1, exp(select(negative, x, neg(x))))));
});
export const square = (x: Tensor): Tensor => mul(x, x);

export const cast = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : apply("cast", [x], { dtype }));
export const stopGradient = (x: Tensor): Tensor => apply("stopGradient", [x]);

/** True when x is known to be `value` everywhere. */
export const isConstant = (x: Tensor, value: number): boolean => x.op === "constant" && x.attrs.value === value;

/** The coordinate along `axis`, everywhere in `shape`. */
export const iota = (shape: Shape, axis = 0, dtype: DType = "i32"): Tensor => apply("iota", [], { shape, axis, dtype });

/** Both operands as tensors of one shape. */
function pair(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof a === "number") {
    if (typeof b === "number") return [constant(a), constant(b)];
    return [constant(a, b.shape, b.dtype), b];
  }
  if (typeof b === "number") return [a, constant(b, a.shape, a.dtype)];
  for (const given of [a, b] as readonly unknown[]) {
    if (given instanceof Tensor) continue;
    const what = typeof given === "string" ? JSON.stringify(given) : Array.isArray(given) ? "a list" : String(given);
    throw new ShapeError(`${op}: takes tensors and numbers, not ${what}; make a tensor of it, as tensor([1, 2])`);
  }
  const shape = broadcastShapes(op, a.shape, b.shape);
  return [broadcastTo(a, shape), broadcastTo(b, shape)];
}

/** The node, or its value where all inputs are constants. */
function build(op: string, inputs: readonly Tensor[]): Tensor {
  const node = apply(op, inputs);
  if (!inputs.every((x) => x.op === "constant")) return node;
  const values = inputs.map(({ dtype, attrs }) => ({ shape: [], dtype, data: Float64Array.of(attrs.value as number) }));
  return constant(node.record.reference(values, {}, [])[0] as number, node.shape, node.dtype);
}
