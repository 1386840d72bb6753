import { axisOf, type Shape, sizeOf } from "../tensor/index.ts";
import {
  abs,
  add,
  cast,
  div,
  equal,
  exp,
  less,
  log,
  mul,
  neg,
  not,
  pow,
  select,
  sqrt,
  stopGradient,
  sub,
} from "./arithmetic.ts";
import { type Axes, axesOf, keptShape, reducedShape, upTo } from "./axes.ts";
import { broadcastTo, pad, permute, reshape, slice } from "./movement.ts";
import { named } from "./said.ts";
import { apply, constant, type Tensor } from "./tensor.ts";

export interface Reduction {
  /** Keep the folded axes, with length 1. */
  keepdims?: boolean;
}

/** Sum over `axes`, all when not given. */
export const sum = (x: Tensor, axes?: Axes, options?: Reduction): Tensor => reduce("sum", x, axes, options);

/** Largest element over `axes`; the gradient goes to the first one. */
export const max = (x: Tensor, axes?: Axes, options?: Reduction): Tensor => reduce("max", x, axes, options);

/** Smallest element over `axes`; the gradient goes to the first one. */
export const min = named(
  "min",
  (x: Tensor, axes?: Axes, options?: Reduction): Tensor => mirrored(max(mirrored(x), axes, options)),
);

/** Row-major position of the first minimum within `axes`, i32. */
export const argmin = named(
  "argmin",
  (x: Tensor, axes?: Axes, options?: Reduction): Tensor => argmax(mirrored(x), axes, options),
);

/** Numbers in the opposite order; for integers -1 - x, since -x of the smallest does not exist. */
const mirrored = (x: Tensor): Tensor => (x.dtype === "f32" ? neg(x) : sub(-1, x));

/** Product over `axes`, in pairs of halves; its gradient is right where factors are 0, too. */
export const prod = named("prod", function prod(x: Tensor, axes?: Axes, { keepdims = false }: Reduction = {}): Tensor {
  const list = axesOf("prod", axes, x.rank);
  const kept = reducedShape(x.shape, list);
  const order = upTo(x.rank).filter((axis) => !list.includes(axis));
  let n = countOf("prod", x, list);
  let y = reshape(permute(x, [...order, ...list]), [...kept, n]);
  if (n === 0) return constant(1, keepdims ? keptShape(x.shape, list) : kept, x.dtype);
  while (n > 1) {
    const half = Math.ceil(n / 2);
    const none = y.shape.map(() => 0);
    const rest = pad(slice(y, -1, half, n), { lo: none, hi: none.with(-1, 2 * half - n), value: 1 });
    y = mul(slice(y, -1, 0, half), rest);
    n = half;
  }
  return reshape(y, keepdims ? keptShape(x.shape, list) : kept);
});

/**
 * (sum |x|^p)^(1/p) over `axes`: p = 2 when not given, 1 the sum of sizes, Infinity the largest, -Infinity the smallest, 0 how
 * many are not 0. The derivative counts as 0 where all are 0, as in PyTorch.
 */
export const norm = named("norm", function norm(x: Tensor, p = 2, axes?: Axes, options?: Reduction): Tensor {
  const size = abs(x);
  if (p === 1) return sum(size, axes, options);
  if (p === Infinity) return max(size, axes, options);
  if (p === -Infinity) return min(size, axes, options);
  if (p === 0) return sum(cast(not(equal(x, 0)), "f32"), axes, options);
  const zero = equal(size, 0);
  const powers = p === 2 ? mul(x, x) : select(zero, 0, pow(select(zero, 1, size), p));
  const total = sum(powers, axes, options);
  const none = equal(total, 0);
  const safe = select(none, 1, total);
  return select(none, 0, p === 2 ? sqrt(safe) : pow(safe, 1 / p));
});

/** Whether one of the bools over `axes` is true; of none, false. */
export const any = named(
  "any",
  (x: Tensor, axes?: Axes, options?: Reduction): Tensor => less(0, max(cast(x, "i32"), axes, options)),
);

/** Whether all bools over `axes` are true. */
export const all = named(
  "all",
  (x: Tensor, axes?: Axes, options?: Reduction): Tensor => not(any(not(x), axes, options)),
);

/** Row-major position of the first maximum within `axes`, i32. */
export const argmax = (x: Tensor, axes?: Axes, options?: Reduction): Tensor => {
  const list = axesOf("argmax", axes, x.rank);
  const y = apply("argmax", [x], { axes: list });
  return options?.keepdims ? reshape(y, keptShape(x.shape, list)) : y;
};

/** Arithmetic mean over `axes`. */
export const mean = named(
  "mean",
  (x: Tensor, axes?: Axes, options?: Reduction): Tensor => div(sum(x, axes, options), countOf("mean", x, axes)),
);

/** sum((x - mean)^2) / (n - correction), in two passes; correction 0 is the population's variance. */
export function variance(x: Tensor, axes?: Axes, options: Reduction & { correction?: number } = {}): Tensor {
  const { correction = 1, keepdims = false } = options;
  const list = axesOf("variance", axes, x.rank);
  const y = apply("variance", [x], { axes: list, divisor: countOf("variance", x, list) - correction });
  return keepdims ? reshape(y, keptShape(x.shape, list)) : y;
}

/** log(sum(e^x)) over `axes`, with the maximum taken out first so that nothing overflows. */
export const logSumExp = named(
  "logSumExp",
  function logSumExp(x: Tensor, axes?: Axes, { keepdims = false }: Reduction = {}): Tensor {
    const top = stopGradient(max(x, axes, { keepdims: true }));
    const y = add(log(sum(exp(sub(x, top)), axes, { keepdims: true })), top);
    return keepdims ? y : reshape(y, reducedShape(x.shape, axesOf("logSumExp", axes, x.rank)));
  },
);

/** x - logSumExp(x) along `axis`. */
export const logSoftmax = named("logSoftmax", function logSoftmax(x: Tensor, axis = -1): Tensor {
  const shifted = sub(x, stopGradient(max(x, axis, { keepdims: true })));
  return sub(shifted, log(sum(exp(shifted), axis, { keepdims: true })));
});

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
