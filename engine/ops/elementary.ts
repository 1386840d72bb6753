import {
  add,
  and,
  cos,
  div,
  equal,
  exp,
  floor,
  greater,
  isFinite as isFiniteValue,
  less,
  mod,
  mul,
  neg,
  not,
  type Operand,
  or,
  select,
  sin,
  sqrt,
  sub,
  tanh,
} from "./arithmetic.ts";
import { named } from "./said.ts";
import { apply, type Tensor } from "./tensor.ts";

/**
 * Elementwise functions that are made of others. Those with a narrow middle (sinh, asinh, atanh, log1p, expm1) keep
 * their relative accuracy near 0.
 */

/** Smallest integer that is not below x. Derivative 0. */
export const ceil = named("ceil", (x: Tensor): Tensor => neg(floor(neg(x))));

/** x without its fraction. Derivative 0. */
export const trunc = named("trunc", (x: Tensor): Tensor => select(less(x, 0), ceil(x), floor(x)));

/** Nearest integer; halves go to the even one, as in PyTorch and NumPy. Derivative 0. */
export const round = named("round", function round(x: Tensor): Tensor {
  const below = floor(x);
  const rest = sub(x, below); // exact
  const odd = equal(sub(below, mul(floor(mul(below, 0.5)), 2)), 1);
  return select(or(greater(rest, 0.5), and(equal(rest, 0.5), odd)), add(below, 1), below);
});

/** 1 / x. */
export const reciprocal = (x: Tensor): Tensor => div(1, x);

/** 1 / sqrt(x). */
export const rsqrt = named("rsqrt", (x: Tensor): Tensor => div(1, sqrt(x)));

/** x held between `low` and `high`; where they cross, `high`. The derivative is 1 between and at the bounds, as in PyTorch. */
export const clamp = named("clamp", function clamp(x: Tensor, low?: Operand, high?: Operand): Tensor {
  const raised = low === undefined ? x : select(less(x, low), low, x);
  return high === undefined ? raised : select(greater(raised, high), high, raised);
});

export const notEqual = (a: Operand, b: Operand): Tensor => not(equal(a, b));

/** Exactly one of two bools. */
export const xor = (a: Tensor, b: Tensor): Tensor => not(equal(a, b));

const nan = named("isNaN", (x: Tensor): Tensor => not(equal(x, x)));

export { nan as isNaN };

/** Infinite, of either sign. */
export const isInf = named("isInf", (x: Tensor): Tensor => and(equal(x, x), not(isFiniteValue(x))));

/** a - b floor(a / b): the remainder with the sign of b, as PyTorch's remainder and Python's %. f32 and integers. */
export const remainder = named("remainder", function remainder(a: Tensor, b: Operand): Tensor {
  const rest = fmod(a, b);
  const crosses = and(notEqual(rest, 0), xor(less(rest, 0), less(b, 0)));
  return select(crosses, add(rest, b), rest);
});

/** a - b trunc(a / b): the remainder with the sign of a, as C's fmod. f32 and integers. */
export const fmod = (a: Tensor, b: Operand): Tensor =>
  a.dtype === "f32" ? sub(a, mul(b, trunc(div(a, b)))) : mod(a, b);

/** log(1 + x). */
export const log1p = (x: Tensor): Tensor => apply("log1p", [x]);

/** e^x - 1, as tanh(x / 2) (e^x + 1). */
export const expm1 = named("expm1", (x: Tensor): Tensor => mul(tanh(mul(x, 0.5)), add(exp(x), 1)));

export const tan = named("tan", (x: Tensor): Tensor => div(sin(x), cos(x)));

/** In (-pi / 2, pi / 2). */
export const atan = (x: Tensor): Tensor => apply("atan", [x]);

/** In [-pi / 2, pi / 2]; NaN outside [-1, 1]. */
export const asin = named("asin", (x: Tensor): Tensor => atan(div(x, sqrt(mul(sub(1, x), add(1, x))))));

/** In [0, pi]; NaN outside [-1, 1]. */
export const acos = named("acos", (x: Tensor): Tensor => mul(atan(sqrt(div(sub(1, x), add(1, x)))), 2));

/** (e^x - e^-x) / 2. */
export const sinh = named("sinh", function sinh(x: Tensor): Tensor {
  const grown = expm1(x);
  return mul(add(grown, div(grown, add(grown, 1))), 0.5);
});

/** (e^x + e^-x) / 2. */
export const cosh = named("cosh", (x: Tensor): Tensor => mul(add(exp(x), exp(neg(x))), 0.5));

/** log(x + sqrt(x^2 + 1)). */
export const asinh = named("asinh", function asinh(x: Tensor): Tensor {
  const negative = less(x, 0);
  const size = select(negative, neg(x), x);
  const y = log1p(add(size, div(mul(size, size), add(sqrt(add(mul(size, size), 1)), 1))));
  return select(negative, neg(y), y);
});

/** log(x + sqrt(x^2 - 1)); NaN below 1. */
export const acosh = named("acosh", function acosh(x: Tensor): Tensor {
  const t = sub(x, 1);
  return log1p(add(t, sqrt(mul(t, add(t, 2)))));
});

/** log((1 + x) / (1 - x)) / 2; NaN outside [-1, 1]. */
export const atanh = named("atanh", (x: Tensor): Tensor => mul(sub(log1p(x), log1p(neg(x))), 0.5));
