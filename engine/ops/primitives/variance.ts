import { mul, square, sub } from "../arithmetic.ts";
import { laneAxes, reducedShape } from "../axes.ts";
import { dtypeError } from "../elementwise.ts";
import { foldAxes } from "../loops.ts";
import type { OpRecord } from "../node.ts";
import { mean, spread, sum } from "../reductions.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 * sum((x - mean)^2) / divisor in two passes: the difference is taken before squaring, so that a large mean costs no
 * digits. An op of its own because its gradient need not go through the mean: the differences add up to 0.
 */
export const variance: OpRecord<{ axes: readonly number[]; divisor: number }> = {
  summary: "Squared distance from the mean over some axes, which go away, divided by a number.",
  infer: (inputs, { axes }) => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== "f32") throw dtypeError("variance", x, ["f32"]);
    return { shape: reducedShape(x.shape, axes), dtype: "f32" };
  },
  grad: ({ inputs, attrs: { axes, divisor }, g }) => {
    const x = inputs[0] as Tensor;
    const centred = sub(x, mean(x, axes, { keepdims: true }));
    return [mul(centred, spread(mul(g, 2 / divisor), x.shape, axes))];
  },
  batch: ([x], _mapped, { axes, divisor }) => apply("variance", [x as Tensor], { axes: laneAxes(axes), divisor }),
  reference: ([x], { axes, divisor }) =>
    x ? foldAxes(x, axes, (elements) => squaredDistance(elements) / divisor) : new Float64Array(),
  lower: {
    kind: "expand",
    to: ([x], { axes, divisor }) => {
      const centred = sub(x as Tensor, mean(x as Tensor, axes, { keepdims: true }));
      return mul(sum(square(centred), axes), 1 / divisor);
    },
  },
};

function squaredDistance(elements: Float64Array): number {
  const centre = elements.reduce((s, v) => s + v, 0) / elements.length;
  return elements.reduce((s, v) => s + (v - centre) ** 2, 0);
}
