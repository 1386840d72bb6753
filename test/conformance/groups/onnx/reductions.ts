import {
  all,
  any,
  argmax,
  argmin,
  cumprod,
  cumsum,
  flip,
  log,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  square,
  sub,
  sum,
  type Tensor,
  topK,
} from "../../../../engine/ops/index.ts";
import type { Node, Operators } from "./node.ts";

type Reduction = (x: Tensor, axes?: readonly number[], options?: { keepdims?: boolean }) => Tensor;

const reduction =
  (f: Reduction) =>
  (node: Node): Tensor => {
    const axes = node.list(1, "axes");
    const none = axes === undefined || axes.length === 0;
    if (none && node.attribute("noop_with_empty_axes", 0)) return f(node.x(), [], { keepdims: true });
    return f(node.x(), none ? undefined : axes, { keepdims: node.attribute("keepdims", 1) === 1 });
  };

const position =
  (f: typeof argmax) =>
  (node: Node): Tensor => {
    const axis = node.attribute("axis", 0);
    const options = { keepdims: node.attribute("keepdims", 1) === 1 };
    if (!node.attribute("select_last_index", 0)) return f(node.x(), axis, options);
    const last = (node.x().shape.at(axis) as number) - 1;
    return sub(last, f(flip(node.x(), axis), axis, options));
  };

export const reductions: Operators = {
  ArgMax: position(argmax),
  ArgMin: position(argmin),
  CumProd: (node) => cumprod(node.x(), node.numbers(1)?.[0] ?? 0, scanOptions(node)),
  CumSum: (node) => cumsum(node.x(), node.numbers(1)?.[0] ?? 0, scanOptions(node)),
  ReduceL1: reduction((x, axes, options) => norm(x, 1, axes, options)),
  ReduceL2: reduction((x, axes, options) => norm(x, 2, axes, options)),
  ReduceLogSum: reduction((x, axes, options) => log(sum(x, axes, options))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceMax: reduction((x, axes, options) => (x.dtype === "bool" ? any : max)(x, axes, options)),
  ReduceMean: reduction(mean),
  ReduceMin: reduction((x, axes, options) => (x.dtype === "bool" ? all : min)(x, axes, options)),
  ReduceProd: reduction(prod),
  ReduceSum: reduction(sum),
  ReduceSumSquare: reduction((x, axes, options) => sum(square(x), axes, options)),
  TopK: (node) => {
    const k = node.number(1, "k") ?? 1;
    const { values, indices } = topK(node.x(), k, node.attribute("axis", -1), {
      largest: node.attribute("largest", 1) === 1,
    });
    return [values, indices];
  },
};

const scanOptions = (node: Node) => ({
  reverse: node.attribute("reverse", 0) === 1,
  exclusive: node.attribute("exclusive", 0) === 1,
});
