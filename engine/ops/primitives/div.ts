import { mul, neg, div as quotient } from "../arithmetic.ts";
import { binaryOp } from "../elementwise.ts";

export const div = binaryOp("div", "div", {
  summary: "a / b; integers truncate.",
  takes: ["f32", "i32", "u32"],
  grad: ({ b, y, g }) => [quotient(g, b), neg(quotient(mul(g, y), b))],
  reference: (a, b, dtype) => (dtype === "f32" ? a / b : Math.trunc(a / b)),
});
