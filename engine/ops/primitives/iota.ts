import type { DType, Shape } from "../../tensor/index.ts";
import { repeated } from "../elementwise.ts";
import { tabulate } from "../loops.ts";
import type { Index, OpRecord } from "../node.ts";
import { apply } from "../tensor.ts";

export const iota: OpRecord<{ axis: number; shape: Shape; dtype: DType }> = {
  summary: "The coordinate along one axis.",
  infer: (_inputs, { shape, dtype }) => ({ shape, dtype }),
  batch: (_inputs, _mapped, attrs, lanes) => repeated(apply("iota", [], attrs), lanes),
  reference: (_inputs, { axis }, shape) => tabulate(shape, (at) => at[axis] as number),
  lower: {
    kind: "element",
    cost: "free",
    pointwise: false,
    emit: (e, at, { dtype }, { axis }) => {
      const value = e.value(at[axis] as Index);
      return dtype === "i32" ? value : e.cast(value, dtype);
    },
  },
};
