import { lessEqual, select } from "../arithmetic.ts";
import { dtypeError } from "../elementwise.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

/** Its gradient looks at the result, so that a step keeps only the result and not the argument too. */
export const relu: OpRecord = {
  summary: "x where it is positive, else 0; NaN stays. The derivative at 0 is 0.",
  infer: ([x]) => {
    if ((x as Tensor).dtype !== "f32") throw dtypeError("relu", x as Tensor, ["f32"]);
    return { shape: (x as Tensor).shape, dtype: "f32" };
  },
  grad: ({ output, g }) => [select(lessEqual(output, 0), 0, g)],
  batch: ([x]) => apply("relu", [x as Tensor]),
  reference: ([x]) => Float64Array.from(x?.data ?? [], (v) => (v <= 0 ? 0 : v)),
  lower: {
    kind: "element",
    cost: "cheap",
    pointwise: true,
    emit: (e, at, { inputs: [x] }) => {
      const value = e.read(x as Tensor, at);
      const zero = e.constant(0, "f32");
      return e.select(e.binary("lessEqual", value, zero), zero, value);
    },
  },
};
