import { ShapeError } from "../../errors/index.ts";
import { words } from "../../random/index.ts";
import { type Shape, sameShape, show, sizeOf } from "../../tensor/index.ts";
import { allMapped } from "../elementwise.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 *   seed, step u32 of one shape P (usually a scalar)  ->  [...P, ...shape] u32
 * Word i of each stream is at row-major position i of `shape`.
 */
export const philox: OpRecord<{ stream: number; shape: Shape }> = {
  summary: "Random words of the Philox stream (seed, step, stream).",
  infer: (inputs, { shape }) => {
    const [seed, step] = inputs as [Tensor, Tensor];
    if (seed.dtype !== "u32" || step.dtype !== "u32") {
      throw new ShapeError(`philox: seed is ${seed.dtype} and step ${step.dtype}, not u32`);
    }
    if (!sameShape(seed.shape, step.shape)) {
      throw new ShapeError(`philox: seed is ${show(seed.shape)} and step ${show(step.shape)}`);
    }
    return { shape: [...seed.shape, ...shape], dtype: "u32" };
  },
  batch: (inputs, mapped, attrs, lanes) => apply("philox", allMapped(inputs, mapped, lanes), attrs),
  reference: ([seed, step], { stream, shape }) => {
    const n = sizeOf(shape);
    const out = new Float64Array((seed?.data.length ?? 0) * n);
    seed?.data.forEach((key, lane) => {
      out.set(words(key, stream, step?.data[lane] as number, n), lane * n);
    });
    return out;
  },
  lower: {
    kind: "element",
    cost: "costly",
    pointwise: false,
    emit: (e, at, { inputs }, { stream, shape }) => {
      const [seed, step] = inputs as [Tensor, Tensor];
      const lane = at.slice(0, seed.rank);
      return e.philox(e.read(seed, lane), e.read(step, lane), stream, e.flat(at.slice(seed.rank), shape));
    },
  },
};
