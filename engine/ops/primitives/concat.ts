import { ShapeError } from "../../errors/index.ts";
import { sameShape, show } from "../../tensor/index.ts";
import { allMapped } from "../elementwise.ts";
import { reader, tabulate } from "../loops.ts";
import { slice } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const concat: OpRecord<{ axis: number }> = {
  summary: "Tensors one after the other along one axis.",
  infer: (inputs, { axis }) => {
    const first = inputs[0] as Tensor;
    for (const x of inputs) {
      if (x.dtype !== first.dtype) throw new ShapeError(`concat: ${first.dtype} against ${x.dtype}; cast one of them`);
      if (x.rank !== first.rank || !sameShape(x.shape.with(axis, 0), first.shape.with(axis, 0))) {
        throw new ShapeError(`concat: ${show(first.shape)} and ${show(x.shape)} differ beside axis ${axis}`);
      }
    }
    const length = inputs.reduce((n, x) => n + (x.shape[axis] as number), 0);
    return { shape: first.shape.with(axis, length), dtype: first.dtype };
  },
  grad: ({ inputs, attrs: { axis }, g }) => {
    let start = 0;
    return inputs.map((x) => {
      const from = start;
      start += x.shape[axis] as number;
      return slice(g, axis, from, start);
    });
  },
  batch: (inputs, mapped, { axis }, lanes) => apply("concat", allMapped(inputs, mapped, lanes), { axis: axis + 1 }),
  reference: (inputs, { axis }, shape) => {
    const parts = inputs.map((x) => ({ read: reader(x), length: x.shape[axis] as number }));
    return tabulate(shape, (at) => {
      let here = at[axis] as number;
      for (const { read, length } of parts) {
        if (here < length) return read(at.with(axis, here));
        here -= length;
      }
      throw new Error(`concat: nothing at ${show(at)}`);
    });
  },
  lower: { kind: "concat" },
};
