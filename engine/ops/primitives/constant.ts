import { type DType, type Shape, sizeOf } from "../../tensor/index.ts";
import { repeated } from "../elementwise.ts";
import type { OpRecord } from "../node.ts";
import { constant as filled } from "../tensor.ts";

export const constant: OpRecord<{ value: number; shape: Shape; dtype: DType }> = {
  summary: "The same number everywhere.",
  infer: (_inputs, { shape, dtype }) => ({ shape, dtype }),
  batch: (_inputs, _mapped, { value, shape, dtype }, lanes) => repeated(filled(value, shape, dtype), lanes),
  reference: (_inputs, { value }, shape) => new Float64Array(sizeOf(shape)).fill(value),
  lower: {
    kind: "element",
    cost: "free",
    pointwise: true,
    emit: (e, _at, { dtype }, { value }) => e.constant(value, dtype),
  },
};
