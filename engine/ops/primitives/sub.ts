import { neg } from "../arithmetic.ts";
import { binaryOp } from "../elementwise.ts";

export const sub = binaryOp("sub", "sub", {
  summary: "a - b.",
  takes: ["f32", "i32", "u32"],
  grad: ({ g }) => [g, neg(g)],
  reference: (a, b) => a - b,
});
