import type { Ref } from "../../backends/launch.ts";
import { reader, tabulate } from "../loops.ts";
import type { Index, OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";
import { laneWindows, type Windows, windowAxis } from "../windows.ts";

export const unslide: OpRecord<Windows & { lengths: readonly number[] }> = {
  summary:
    "Windows laid back where they came from, one layer per element k: y[o * stride + k * dilation, k] = x[o, k].",
  infer: (inputs, { axes, lengths }) => {
    const x = inputs[0] as Tensor;
    return {
      shape: axes.reduce((shape, axis, i) => shape.with(axis, lengths[i] as number), [...x.shape]),
      dtype: x.dtype,
    };
  },
  grad: ({ attrs: { axes, size, stride, dilation }, g }) => [apply("slide", [g], { axes, size, stride, dilation })],
  batch: ([x], _mapped, attrs) => apply("unslide", [x as Tensor], { ...laneWindows(attrs), lengths: attrs.lengths }),
  reference: ([x], attrs, shape) => {
    if (!x) return new Float64Array();
    const read = reader(x);
    return tabulate(shape, (at) => {
      const from = [...at];
      for (const [i, axis] of attrs.axes.entries()) {
        const within = at[windowAxis(shape, attrs, i)] as number;
        const start = ((at[axis] as number) - within * (attrs.dilation[i] as number)) / (attrs.stride[i] as number);
        if (!Number.isInteger(start) || start < 0 || start >= (x.shape[axis] as number)) return 0;
        from[axis] = start;
      }
      return read(from);
    });
  },
  lower: {
    kind: "element",
    cost: "cheap",
    pointwise: false,
    emit: (e, at, { inputs, shape }, attrs) => {
      const x = inputs[0] as Tensor;
      const from = [...at];
      const inside: (Ref | undefined)[] = [];
      attrs.axes.forEach((axis, i) => {
        const by = attrs.stride[i] as number;
        const dilation = attrs.dilation[i] as number;
        const shift = Math.ceil((((attrs.size[i] as number) - 1) * dilation) / by); // keeps what is split above 0
        const within = e.affine(at[windowAxis(shape, attrs, i)] as Index, -dilation, shift * by);
        const moved = e.sum(at[axis] as Index, within);
        const [quotient, remainder] = by === 1 ? [moved, undefined] : e.split(moved, by);
        if (remainder) inside.push(e.inRange(remainder, 0, 1));
        const start = e.affine(quotient, 1, -shift);
        inside.push(e.inRange(start, 0, x.shape[axis] as number));
        from[axis] = start;
      });
      const mask = e.all(...inside);
      return e.read(x, from, mask === undefined ? undefined : { mask, fill: 0 });
    },
  },
};
