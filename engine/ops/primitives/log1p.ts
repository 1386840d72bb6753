import { add, div, equal, log, mul, select, sub } from "../arithmetic.ts";
import { dtypeError } from "../elementwise.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

/** An op of its own because it is written so that rounding cancels, log(u) x / (u - 1) for u = 1 + x, and its derivative must not be that of the rounding. */
export const log1p: OpRecord = {
  summary: "log(1 + x), with all digits for small x.",
  infer: (inputs) => {
    const x = inputs[0] as Tensor;
    if (x.dtype !== "f32") throw dtypeError("log1p", x, ["f32"]);
    return { shape: x.shape, dtype: "f32" };
  },
  grad: ({ inputs: [x], g }) => [div(g, add(x as Tensor, 1))],
  batch: ([x]) => apply("log1p", [x as Tensor]),
  reference: ([x]) => Float64Array.from(x?.data ?? [], Math.log1p),
  lower: {
    kind: "expand",
    to: ([given]) => {
      const x = given as Tensor;
      const u = add(x, 1);
      const unmoved = equal(u, x); // infinite
      const step = sub(u, 1);
      const lost = equal(step, 0);
      return select(lost, x, select(unmoved, x, mul(log(u), div(x, select(lost, 1, step)))));
    },
  },
};
