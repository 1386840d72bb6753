import { ShapeError } from "../../errors/index.ts";
import { show } from "../../tensor/index.ts";
import { maximum, minimum } from "../arithmetic.ts";
import { allMapped } from "../elementwise.ts";
import { scatter } from "../indexing.ts";
import { reader, tabulate } from "../loops.ts";
import type { OpRecord } from "../node.ts";
import { apply, constant, type Tensor } from "../tensor.ts";

/**
 *   x [..., n, ...], indices [..., k, ...] i32  ->  y[..., i, ...] = x[..., indices[..., i, ...], ...]
 * The other axes are equal. Indices are clamped to [0, n - 1]. The gradient adds up what was taken from each place.
 */
export const takeAlong: OpRecord<{ axis: number }> = {
  summary: "Elements along an axis by number, each row of it by its own.",
  infer: (inputs, { axis }) => {
    const [x, indices] = inputs as [Tensor, Tensor];
    if (indices.dtype !== "i32") throw new ShapeError(`takeAlongDim: indices are ${indices.dtype}, not i32`);
    const fits = x.rank === indices.rank && x.shape.every((n, i) => i === axis || n === indices.shape[i]);
    if (!fits || !x.shape[axis]) {
      throw new ShapeError(`takeAlongDim: ${show(x.shape)} by ${show(indices.shape)} along axis ${axis}`);
    }
    return { shape: indices.shape, dtype: x.dtype };
  },
  grad: ({ inputs, attrs: { axis }, g }) => {
    const [x, indices] = inputs as [Tensor, Tensor];
    return [scatter(constant(0, x.shape), axis, clamped(indices, x.shape[axis] as number), g, "sum"), null];
  },
  batch: (inputs, mapped, { axis }, lanes) => apply("takeAlong", allMapped(inputs, mapped, lanes), { axis: axis + 1 }),
  reference: ([x, indices], { axis }, shape) => {
    if (!x || !indices) return new Float64Array();
    const [read, index] = [reader(x), reader(indices)];
    const last = (x.shape[axis] as number) - 1;
    return tabulate(shape, (at) => read(at.with(axis, Math.min(Math.max(index(at), 0), last))));
  },
  lower: {
    kind: "element",
    cost: "cheap",
    pointwise: false,
    emit: (e, at, { inputs }, { axis }) => {
      const [x, indices] = inputs as [Tensor, Tensor];
      const last = e.constant((x.shape[axis] as number) - 1, "i32");
      const index = e.binary("min", e.binary("max", e.read(indices, at), e.constant(0, "i32")), last);
      return e.read(x, at.with(axis, e.computed(index)));
    },
  },
};

const clamped = (indices: Tensor, n: number): Tensor => minimum(maximum(indices, 0), n - 1);
