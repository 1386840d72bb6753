import { mul as product } from "../arithmetic.ts";
import { binaryOp } from "../elementwise.ts";

export const mul = binaryOp("mul", "mul", {
  summary: "a b.",
  takes: ["f32", "i32", "u32"],
  grad: ({ a, b, g }) => [product(g, b), product(g, a)],
  reference: (a, b, dtype) => (dtype === "f32" ? a * b : Math.imul(a, b)),
});
