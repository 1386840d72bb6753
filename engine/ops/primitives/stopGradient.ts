import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

export const stopGradient: OpRecord = {
  summary: "x, taken as a constant by gradients.",
  infer: ([x]) => ({ shape: (x as Tensor).shape, dtype: (x as Tensor).dtype }),
  batch: ([x]) => apply("stopGradient", [x as Tensor]),
  reference: ([x]) => Float64Array.from(x?.data ?? []),
  lower: {
    kind: "element",
    cost: "free",
    pointwise: true,
    emit: (e, at, { inputs: [x] }) => e.read(x as Tensor, at),
  },
};
