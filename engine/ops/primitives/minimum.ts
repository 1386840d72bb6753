import { equal, less, mul, select } from "../arithmetic.ts";
import { binaryOp } from "../elementwise.ts";

export const minimum = binaryOp("minimum", "min", {
  summary: "The smaller of a and b; NaN when one is NaN. Where they are equal each gets half of the gradient.",
  takes: ["f32", "i32", "u32"],
  grad: ({ a, b, g }) => {
    const tied = select(equal(a, b), mul(g, 0.5), 0);
    return [select(less(a, b), g, tied), select(less(b, a), g, tied)];
  },
  reference: (a, b) => Math.min(a, b),
});
