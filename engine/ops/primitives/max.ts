import { equal, iota, select } from "../arithmetic.ts";
import { laneAxes, reducedShape, shapeAlong } from "../axes.ts";
import { dtypeError } from "../elementwise.ts";
import { foldAxes } from "../loops.ts";
import { broadcastTo, reshape } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { argmax, spread } from "../reductions.ts";
import { apply, type Tensor } from "../tensor.ts";

export const max: OpRecord<{ axes: readonly number[] }> = {
  summary: "Largest element over some axes, which go away; NaN wins. The gradient goes to the first maximum.",
  infer: (inputs, { axes }) => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== "f32" && x.dtype !== "i32") throw dtypeError("max", x, ["f32", "i32"]);
    return { shape: reducedShape(x.shape, axes), dtype: x.dtype };
  },
  grad: ({ inputs, attrs: { axes }, g }) => {
    const x = inputs[0] as Tensor;
    const folded = axes.map((axis) => x.shape[axis] as number);
    const position = reshape(iota([folded.reduce((n, d) => n * d, 1)]), shapeAlong(x.shape, axes));
    const first = equal(broadcastTo(position, x.shape), spread(argmax(x, axes), x.shape, axes));
    return [select(first, spread(g, x.shape, axes), 0)];
  },
  batch: ([x], _mapped, { axes }) => apply("max", [x as Tensor], { axes: laneAxes(axes) }),
  reference: ([x], { axes }) =>
    x ? foldAxes(x, axes, (elements) => elements.reduce((m, v) => Math.max(m, v), -Infinity)) : new Float64Array(),
  lower: { kind: "reduce", fn: "max" },
};
