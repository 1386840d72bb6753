import { ShapeError } from "../../errors/index.ts";
import { show } from "../../tensor/index.ts";
import { reader, tabulate } from "../loops.ts";
import { padAxis } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const slice: OpRecord<{ axis: number; start: number; end: number; step: number }> = {
  summary: "Every step-th element of one axis, from start up to but not including end.",
  infer: (inputs, { axis, start, end, step }) => {
    const x = inputs[0] as Tensor;
    const n = x.shape[axis] as number;
    if (start < 0 || end > n || start > end || !(step >= 1)) {
      throw new ShapeError(`slice: [${start}, ${end}) by ${step} is outside axis ${axis} of ${show(x.shape)}`);
    }
    return { shape: x.shape.with(axis, Math.ceil((end - start) / step)), dtype: x.dtype };
  },
  grad: ({ inputs, attrs: { axis, start, step }, output, g }) => {
    const length = output.shape[axis] as number;
    const used = length === 0 ? 0 : (length - 1) * step + 1;
    const after = ((inputs[0] as Tensor).shape[axis] as number) - start - used;
    return [padAxis(g, axis, start, after, step - 1)];
  },
  batch: ([x], _mapped, attrs) => apply("slice", [x as Tensor], { ...attrs, axis: attrs.axis + 1 }),
  reference: ([x], { axis, start, step }, shape) => {
    if (!x) return new Float64Array();
    const read = reader(x);
    return tabulate(shape, (at) => read(at.with(axis, start + (at[axis] as number) * step)));
  },
  lower: {
    kind: "element",
    cost: "free",
    pointwise: false,
    emit: (e, at, { inputs: [x] }, { axis, start, step }) =>
      e.read(
        x as Tensor,
        at.map((here, i) => (i === axis ? e.affine(here, step, start) : here)),
      ),
  },
};
