import type { HostTensor } from "../tensor/hostTensor.ts";
import * as arithmetic from "./arithmetic.ts";
import * as arranging from "./arranging.ts";
import { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } from "./convolution.ts";
import * as elementary from "./elementary.ts";
import * as indexing from "./indexing.ts";
import { lifted } from "./literal.ts";
import * as movement from "./movement.ts";
import { gather, matmul } from "./products.ts";
import * as reductions from "./reductions.ts";
import { cumprod, cumsum } from "./scan.ts";
import { cosineSimilarity, pairwiseDistance } from "./similarity.ts";
import { argsort, sort, topK } from "./sorting.ts";
import { Tensor } from "./tensor.ts";

const { add, sub, mul, div, mod, pow, maximum, minimum, square } = arithmetic;
const { equal, less, lessEqual, greater, greaterEqual, and, or, not, select, isFinite: finite } = arithmetic;
const { neg, abs, sign, floor, exp, log, sqrt, sin, cos, tanh, sigmoid, erf, relu, cast, stopGradient } = arithmetic;
const { reshape, flatten, permute, transpose, broadcastTo, slice, pad, flip } = movement;
const { ceil, trunc, round, reciprocal, rsqrt, clamp, notEqual, xor, isNaN: nan, isInf, remainder, fmod } = elementary;
const { log1p, expm1, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh } = elementary;
const { split, chunk, squeeze, unsqueeze, tile, roll, tril, triu } = arranging;
const { take, takeAlongDim, scatter, gatherND, scatterND, oneHot } = indexing;
const { sum, mean, max, min, prod, norm, argmax, argmin, any, all, variance } = reductions;
const { softmax, logSoftmax, logSumExp } = reductions;

/**
 * Functions that are methods too: `x.add(y)` is `add(x, y)`. `cond.where(a, b)` is `select(cond, a, b)`. As methods they take
 * tensors with numbers for operands too, as literals of the graph.
 */
export const methods = {
  ...{ add, sub, mul, div, mod, pow, maximum, minimum, square },
  ...{ equal, less, lessEqual, greater, greaterEqual, and, or, not, where: select, isFinite: finite },
  ...{ neg, abs, sign, floor, exp, log, sqrt, sin, cos, tanh, sigmoid, erf, relu, cast, stopGradient },
  ...{ reshape, flatten, permute, transpose, broadcastTo, slice, pad, flip },
  ...{ ceil, trunc, round, reciprocal, rsqrt, clamp, notEqual, xor, isNaN: nan, isInf, remainder, fmod },
  ...{ log1p, expm1, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh },
  ...{ split, chunk, squeeze, unsqueeze, tile, roll, tril, triu },
  ...{ take, takeAlongDim, scatter, gatherND, scatterND, oneHot },
  ...{ sum, mean, max, min, prod, norm, argmax, argmin, any, all, variance },
  ...{ softmax, logSoftmax, logSumExp },
  ...{ cumsum, cumprod, topK, sort, argsort },
  ...{ cosineSimilarity, pairwiseDistance },
  ...{ matmul, gather },
  ...{ conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d },
};

/** Parameters of a function of tensors as a method has them: tensors with numbers fit where tensors do. */
export type Operands<R extends readonly unknown[]> = { [I in keyof R]: Tensor extends R[I] ? R[I] | HostTensor : R[I] };

type Methods = {
  // biome-ignore lint/suspicious/noExplicitAny: the first parameter is the tensor itself
  [K in keyof typeof methods]: (typeof methods)[K] extends (x: any, ...rest: infer R) => infer T
    ? (...rest: Operands<R>) => T
    : never;
};

declare module "./tensor.ts" {
  interface Tensor extends Methods {}
}

for (const [name, f] of Object.entries(methods)) {
  const call = f as (x: Tensor, ...rest: unknown[]) => Tensor;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return call(this, ...rest.map(lifted));
    },
  });
}
