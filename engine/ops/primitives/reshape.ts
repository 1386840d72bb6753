import { ShapeError } from "../../errors/index.ts";
import { type Shape, show, sizeOf } from "../../tensor/index.ts";
import { reshape as toShape } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const reshape: OpRecord<{ shape: Shape }> = {
  summary: "The same elements in row-major order under another shape.",
  infer: (inputs, { shape }) => {
    const x = inputs[0] as Tensor;
    if (sizeOf(shape) !== x.size) {
      throw new ShapeError(`reshape: ${show(x.shape)} has ${x.size} elements, ${show(shape)} has ${sizeOf(shape)}`);
    }
    return { shape, dtype: x.dtype };
  },
  grad: ({ inputs: [x], g }) => [toShape(g, (x as Tensor).shape)],
  batch: ([x], _mapped, { shape }, lanes) => apply("reshape", [x as Tensor], { shape: [lanes, ...shape] }),
  reference: ([x]) => Float64Array.from(x?.data ?? []),
  lower: {
    kind: "element",
    cost: "free",
    pointwise: false,
    emit: (e, at, { inputs: [x] }, { shape }) => e.read(x as Tensor, e.unflat(e.flat(at, shape), (x as Tensor).shape)),
  },
};
