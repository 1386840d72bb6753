import { equal, less, mul, select } from "../arithmetic.ts";
import { binaryOp } from "../elementwise.ts";

export const maximum = binaryOp("maximum", "max", {
  summary: "The larger of a and b; NaN when one is NaN. Where they are equal each gets half of the gradient.",
  takes: ["f32", "i32", "u32"],
  grad: ({ a, b, g }) => {
    const tied = select(equal(a, b), mul(g, 0.5), 0);
    return [select(less(b, a), g, tied), select(less(a, b), g, tied)];
  },
  reference: (a, b) => Math.max(a, b),
});
