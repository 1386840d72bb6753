import * as ops from "../ops/index.ts";
import { Tensor } from "../ops/index.ts";
import { type HostFunction, HostScalar, hostApply } from "./hostScalar.ts";

/**
 * The functions that optimizers are written in. They take tensors, host scalars and numbers alike: among host scalars
 * and numbers the arithmetic stays on the host, in f64; where a tensor takes part a host scalar becomes a scalar input
 * of the step, rounded to f32 once.
 */
export type Value = Tensor | HostScalar | number;

type Operand = Tensor | number;

function binary(fn: HostFunction, onTensors: (a: Operand, b: Operand) => Tensor): (a: Value, b: Value) => Value {
  return (a, b) => {
    if (a instanceof Tensor || b instanceof Tensor) return onTensors(lift(a), lift(b));
    return hostApply(fn, a, b);
  };
}

function unary(fn: HostFunction, onTensors: (a: Tensor) => Tensor): (a: Value) => Value {
  return (a) => (a instanceof Tensor ? onTensors(a) : hostApply(fn, a));
}

export const add = binary("add", ops.add);
export const sub = binary("sub", ops.sub);
export const mul = binary("mul", ops.mul);
const quotient = binary("div", ops.div);
/** a / b; a tensor by what the host knows is a product with the reciprocal, which takes a quarter of the time. */
export const div = (a: Value, b: Value): Value =>
  a instanceof Tensor && !(b instanceof Tensor) ? mul(a, quotient(1, b)) : quotient(a, b);
export const pow = binary("pow", ops.pow);
export const max = binary("max", ops.maximum);
export const min = binary("min", ops.minimum);
export const equal = binary("equal", ops.equal);
export const less = binary("less", ops.less);
export const sqrt = unary("sqrt", ops.sqrt);
export const abs = unary("abs", ops.abs);
export const sign = unary("sign", ops.sign);

export const square = (a: Value): Value => mul(a, a);
/** 1 - a. */
export const oneMinus = (a: Value): Value => sub(1, a);
/** 1 - a^n: Adam's bias correction. */
export const oneMinusPow = (a: Value, n: Value): Value => sub(1, pow(a, n));
/** beta b + (1 - beta) a: the running average b moved towards a. */
export const mix = (a: Value, b: Value, beta: Value): Value => add(mul(beta, b), mul(oneMinus(beta), a));

/** a where the condition holds, else b. */
export function select(condition: Value, a: Value, b: Value): Value {
  if (![condition, a, b].some((v) => v instanceof Tensor)) {
    return hostApply("select", condition as HostScalar | number, a as HostScalar | number, b as HostScalar | number);
  }
  if (typeof condition === "number") return condition ? a : b;
  const lifted = lift(condition) as Tensor;
  return ops.select(lifted.dtype === "bool" ? lifted : ops.not(ops.equal(lifted, 0)), lift(a), lift(b));
}

/** A host scalar as an input of the step; tensors and numbers as they are. */
export function lift(value: Value): Operand {
  if (!(value instanceof HostScalar)) return value;
  return new Tensor("input", [], { name: value.toString(), scalar: true, expr: value.tree }, [], "f32");
}
