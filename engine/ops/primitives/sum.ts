import { laneAxes, reducedShape } from "../axes.ts";
import { dtypeError } from "../elementwise.ts";
import { foldAxes, wrap } from "../loops.ts";
import type { OpRecord } from "../node.ts";
import { spread } from "../reductions.ts";
import { apply, type Tensor } from "../tensor.ts";

export const sum: OpRecord<{ axes: readonly number[] }> = {
  summary: "Sum over some axes, which go away.",
  infer: (inputs, { axes }) => {
    const x = inputs[0] as Tensor;
    if (x.dtype === "bool") throw dtypeError("sum", x, ["f32", "i32", "u32"]);
    return { shape: reducedShape(x.shape, axes), dtype: x.dtype };
  },
  grad: ({ inputs: [x], attrs: { axes }, g }) => [spread(g, (x as Tensor).shape, axes)],
  batch: ([x], _mapped, { axes }) => apply("sum", [x as Tensor], { axes: laneAxes(axes) }),
  reference: ([x], { axes }) =>
    x
      ? foldAxes(x, axes, (elements) =>
          wrap(
            elements.reduce((s, v) => s + v, 0),
            x.dtype,
          ),
        )
      : new Float64Array(),
  lower: { kind: "reduce", fn: "sum" },
};
