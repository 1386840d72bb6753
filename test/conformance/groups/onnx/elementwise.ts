import {
  abs,
  acos,
  acosh,
  add,
  and,
  asin,
  asinh,
  atan,
  atanh,
  cast,
  ceil,
  clamp,
  cos,
  cosh,
  div,
  equal,
  erf,
  exp,
  floor,
  fmod,
  greater,
  greaterEqual,
  isInf,
  isNaN as isNotANumber,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  not,
  or,
  pow,
  reciprocal,
  remainder,
  round,
  select,
  sign,
  sin,
  sinh,
  sqrt,
  sub,
  type Tensor,
  tan,
  xor,
} from "../../../../engine/ops/index.ts";
import type { DType } from "../../../../engine/tensor/index.ts";
import { Unsupported } from "../../case.ts";
import type { Node, Operators } from "./node.ts";

const unary =
  (f: (x: Tensor) => Tensor) =>
  (node: Node): Tensor =>
    node.inFloat((x) => f(x));

const binary =
  (f: (a: Tensor, b: Tensor) => Tensor) =>
  (node: Node): Tensor =>
    f(...node.pair());

const variadic =
  (f: (a: Tensor, b: Tensor) => Tensor) =>
  (node: Node): Tensor =>
    node.all().reduce(f);

/** TensorProto's numbers of the types that the library has. */
const DTYPES: Readonly<Record<number, DType>> = { 1: "f32", 6: "i32", 7: "i32", 9: "bool", 11: "f32", 12: "u32" };

export const elementwise: Operators = {
  Abs: unary(abs),
  Acos: unary(acos),
  Acosh: unary(acosh),
  Add: binary(add),
  And: binary(and),
  Asin: unary(asin),
  Asinh: unary(asinh),
  Atan: unary(atan),
  Atanh: unary(atanh),
  Cast: (node) => {
    const dtype = DTYPES[node.attribute("to", 1)];
    if (!dtype) throw new Unsupported(`Cast to type ${node.attribute("to", 1)}`);
    return cast(node.x(), dtype);
  },
  Ceil: unary(ceil),
  Clip: (node) => {
    const bound = (i: number, name: string) =>
      node.maybe(i) ?? (node.has(name) ? node.attribute<number>(name, 0) : undefined);
    return clamp(node.x(), bound(1, "min"), bound(2, "max"));
  },
  Cos: unary(cos),
  Cosh: unary(cosh),
  Div: binary(div),
  Equal: binary(equal),
  Erf: unary(erf),
  Exp: unary(exp),
  Floor: unary(floor),
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterEqual),
  IsInf: (node) => {
    const x = node.x();
    const sides = [
      node.attribute("detect_positive", 1) ? greater(x, 0) : undefined,
      node.attribute("detect_negative", 1) ? less(x, 0) : undefined,
    ].filter((side) => side !== undefined);
    return sides.length ? and(isInf(x), sides.reduce(or)) : equal(x, Infinity).and(less(x, 0));
  },
  IsNaN: (node) => isNotANumber(node.x()),
  Less: binary(less),
  LessOrEqual: binary(lessEqual),
  Log: unary(log),
  Max: variadic(maximum),
  Mean: (node) => div(node.all().reduce(add), node.count),
  Min: variadic(minimum),
  Mod: (node) => (node.attribute("fmod", 0) ? fmod : remainder)(...node.pair()),
  Mul: binary(mul),
  Neg: unary(neg),
  Not: (node) => not(node.x()),
  Or: binary(or),
  Pow: (node) => {
    const [base, exponent] = node.pair();
    return cast(pow(cast(base, "f32"), cast(exponent, "f32")), base.dtype);
  },
  Reciprocal: unary(reciprocal),
  Round: unary(round),
  Sign: unary(sign),
  Sin: unary(sin),
  Sinh: unary(sinh),
  Sqrt: unary(sqrt),
  Sub: binary(sub),
  Sum: variadic(add),
  Tan: unary(tan),
  Where: (node) => select(node.x(0), node.x(1), node.x(2)),
  Xor: binary(xor),
};
