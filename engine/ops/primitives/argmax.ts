import { laneAxes, reducedShape } from "../axes.ts";
import { dtypeError } from "../elementwise.ts";
import { foldAxes } from "../loops.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const argmax: OpRecord<{ axes: readonly number[] }> = {
  summary: "Row-major position of the first maximum within some axes, which go away; the first NaN wins.",
  infer: (inputs, { axes }) => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== "f32" && x.dtype !== "i32") throw dtypeError("argmax", x, ["f32", "i32"]);
    return { shape: reducedShape(x.shape, axes), dtype: "i32" };
  },
  batch: ([x], _mapped, { axes }) => apply("argmax", [x as Tensor], { axes: laneAxes(axes) }),
  reference: ([x], { axes }) => (x ? foldAxes(x, axes, firstMaximum) : new Float64Array()),
  lower: { kind: "reduce", fn: "argmax" },
};

function firstMaximum(elements: Float64Array): number {
  const nan = elements.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  let best = 0;
  for (let i = 1; i < elements.length; i++) if ((elements[i] as number) > (elements[best] as number)) best = i;
  return best;
}
