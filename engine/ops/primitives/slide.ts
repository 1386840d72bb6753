import { ShapeError } from "../../errors/index.ts";
import { show } from "../../tensor/index.ts";
import { reader, tabulate } from "../loops.ts";
import type { Index, OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";
import { laneWindows, positions, type Windows, windowAxis } from "../windows.ts";

/** The gradient of `windows` (a broadcast and a slide) is `unslide` and a sum, and back again: no other op is needed. */
export const slide: OpRecord<Windows> = {
  summary: "Element k of every window: y[o, k] = x[o * stride + k * dilation, k], the window axes k coming last.",
  infer: (inputs, attrs) => {
    const x = inputs[0] as Tensor;
    const shape = [...x.shape];
    attrs.axes.forEach((axis, i) => {
      const count = positions(x.shape[axis] as number, attrs, i);
      if (count < 1) {
        throw new ShapeError(`windows: size ${attrs.size[i]} does not fit into axis ${axis} of ${show(x.shape)}`);
      }
      shape[axis] = count;
    });
    return { shape, dtype: x.dtype };
  },
  grad: ({ inputs: [x], attrs, g }) => [
    apply("unslide", [g], { ...attrs, lengths: attrs.axes.map((axis) => (x as Tensor).shape[axis] as number) }),
  ],
  batch: ([x], _mapped, attrs) => apply("slide", [x as Tensor], laneWindows(attrs)),
  reference: ([x], attrs, shape) => {
    if (!x) return new Float64Array();
    const read = reader(x);
    return tabulate(shape, (at) => {
      const from = [...at];
      attrs.axes.forEach((axis, i) => {
        const within = at[windowAxis(shape, attrs, i)] as number;
        from[axis] = (at[axis] as number) * (attrs.stride[i] as number) + within * (attrs.dilation[i] as number);
      });
      return read(from);
    });
  },
  lower: {
    kind: "element",
    cost: "free",
    pointwise: false,
    emit: (e, at, { inputs: [x], shape }, attrs) => {
      const from = [...at];
      attrs.axes.forEach((axis, i) => {
        const start = e.affine(at[axis] as Index, attrs.stride[i] as number, 0);
        const within = e.affine(at[windowAxis(shape, attrs, i)] as Index, attrs.dilation[i] as number, 0);
        from[axis] = e.sum(start, within);
      });
      return e.read(x as Tensor, from);
    },
  },
};
