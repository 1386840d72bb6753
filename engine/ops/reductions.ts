import { axisOf, type Shape, sizeOf } from "../tensor/index.ts";
import { add, div, exp, log, mul, neg, stopGradient, sub } from "./arithmetic.ts";
import { type Axes, axesOf, keptShape, reducedShape } from "./axes.ts";
import { broadcastTo, reshape } from "./movement.ts";
import { apply, constant, type Tensor } from "./tensor.ts";

interface Reduction {
  /** Keep the folded axes, with length 1. */
  keepdims?: boolean;
}

/** Sum over `axes`, all when not given. */
export const sum = (x: Tensor, axes?: Axes, options?: Reduction): Tensor => reduce("sum", x, axes, options);

/** Largest element over `axes`; the gradient goes to the first one. */
export const max = (x: Tensor, axes?: Axes, options?: Reduction): Tensor => reduce("max", x, axes, options);

/** Row-major position of the first maximum within `axes`, i32. */
export const argmax = (x: Tensor, axes?: Axes, options?: Reduction): Tensor => {
  const list = axesOf("argmax", axes, x.rank);
  const y = apply("argmax", [x], { axes: list });
  return options?.keepdims ? reshape(y, keptShape(x.shape, list)) : y;
};

/** Arithmetic mean over `axes`. */
export const mean = (x: Tensor, axes?: Axes, options?: Reduction): Tensor =>
  div(sum(x, axes, options), countOf("mean", x, axes));

/** sum((x - mean)^2) / (n - correction), in two passes; correction 0 is the population's variance. */
export function variance(x: Tensor, axes?: Axes, options: Reduction & { correction?: number } = {}): Tensor {
  const { correction = 1, keepdims = false } = options;
  const list = axesOf("variance", axes, x.rank);
  const y = apply("variance", [x], { axes: list, divisor: countOf("variance", x, list) - correction });
  return keepdims ? reshape(y, keptShape(x.shape, list)) : y;
}

/** log(sum(e^x)) over `axes`, with the maximum taken out first so that nothing overflows. */
export function logSumExp(x: Tensor, axes?: Axes, { keepdims = false }: Reduction = {}): Tensor {
  const top = stopGradient(max(x, axes, { keepdims: true }));
  const y = add(log(sum(exp(sub(x, top)), axes, { keepdims: true })), top);
  return keepdims ? y : reshape(y, reducedShape(x.shape, axesOf("logSumExp", axes, x.rank)));
}

/** x - logSumExp(x) along `axis`. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const shifted = sub(x, stopGradient(max(x, axis, { keepdims: true })));
  return sub(shifted, log(sum(exp(shifted), axis, { keepdims: true })));
}

/** e^x / sum(e^x) along `axis`. */
export const softmax = (x: Tensor, axis = -1): Tensor =>
  x.rank === 0 ? constant(1) : apply("softmax", [x], { axis: axisOf("softmax", axis, x.rank) });

/** Undoes a reduction's shape: x has `shape` without `axes`, and is repeated along them. */
export const spread = (x: Tensor, shape: Shape, axes: readonly number[]): Tensor =>
  broadcastTo(reshape(x, keptShape(shape, axes)), shape);

function countOf(op: string, x: Tensor, axes: Axes): number {
  return sizeOf(axesOf(op, axes, x.rank).map((axis) => x.shape[axis] as number));
}

function reduce(op: "sum" | "max", x: Tensor, axes: Axes, { keepdims = false }: Reduction = {}): Tensor {
  const list = axesOf(op, axes, x.rank);
  const kept = keptShape(x.shape, list);
  const shape = keepdims ? kept : reducedShape(x.shape, list);
  const long = list.filter((axis) => x.shape[axis] !== 1);
  if (x.op === "constant") {
    const value = x.attrs.value as number;
    return constant(op === "sum" ? value * countOf(op, x, list) : value, shape, x.dtype);
  }
  if (long.length === 0) return reshape(x, shape);
  return reshape((op === "sum" && factored(x, long)) || apply(op, [x], { axes: long }), shape);
}

/**
 * A sum with what is the same in all its terms taken out, when there is such a factor: sum(-x) = -sum(x), and
 * sum(x s) = s sum(x) for s repeated along the axes. Gradients of shifts and scales then share one pass over x.
 */
function factored(x: Tensor, axes: readonly number[]): Tensor | undefined {
  if (x.dtype !== "f32") return undefined;
  const [a, b] = x.inputs as [Tensor, Tensor];
  if (x.op === "neg") return neg(sum(a, axes));
  if (x.op !== "mul" && x.op !== "div") return undefined;
  const ofB = repeatedAlong(b, axes);
  if (ofB) return x.op === "mul" ? mul(sum(a, axes), ofB) : div(sum(a, axes), ofB);
  const ofA = x.op === "mul" ? repeatedAlong(a, axes) : undefined;
  return ofA && mul(sum(b, axes), ofA);
}

/** x without `axes`, when it is the same all along them. */
function repeatedAlong(x: Tensor, axes: readonly number[]): Tensor | undefined {
  const shape = reducedShape(x.shape, axes);
  if (x.op === "constant") return constant(x.attrs.value as number, shape);
  const [source] = x.inputs;
  if (x.op !== "broadcast" || !source) return undefined;
  const aligned = [...x.shape.slice(source.rank).map(() => 1), ...source.shape];
  if (axes.some((axis) => aligned[axis] !== 1)) return undefined;
  return broadcastTo(reshape(source, reducedShape(aligned, axes)), shape);
}
