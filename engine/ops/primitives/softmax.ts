import { div, exp, mul, stopGradient, sub } from "../arithmetic.ts";
import { dtypeError } from "../elementwise.ts";
import { reader, tabulate } from "../loops.ts";
import type { OpRecord } from "../node.ts";
import { max, sum } from "../reductions.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 * e^(x - max) / sum(e^(x - max)) along one axis. An op of its own because its gradient, y (g - sum(g y)), needs the result
 * and not the powers, so that nothing but the result is kept.
 */
export const softmax: OpRecord<{ axis: number }> = {
  summary: "e^x divided by its sum along an axis.",
  infer: (inputs) => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== "f32") throw dtypeError("softmax", x, ["f32"]);
    return { shape: x.shape, dtype: "f32" };
  },
  grad: ({ attrs: { axis }, output: y, g }) => [mul(y, sub(g, sum(mul(g, y), axis, { keepdims: true })))],
  batch: ([x], _mapped, { axis }) => apply("softmax", [x as Tensor], { axis: axis + 1 }),
  reference: ([x], { axis }, shape) => {
    if (!x) return new Float64Array();
    const read = reader(x);
    return tabulate(shape, (at) => {
      const along = Array.from({ length: shape[axis] as number }, (_, i) => read(at.with(axis, i)));
      const top = Math.max(...along);
      return Math.exp(read(at) - top) / along.reduce((total, v) => total + Math.exp(v - top), 0);
    });
  },
  lower: {
    kind: "expand",
    to: ([x], { axis }) => {
      const powers = exp(sub(x as Tensor, stopGradient(max(x as Tensor, axis, { keepdims: true }))));
      return div(powers, sum(powers, axis, { keepdims: true }));
    },
  },
};
