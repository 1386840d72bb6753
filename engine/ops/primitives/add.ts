import { binaryOp } from "../elementwise.ts";

export const add = binaryOp("add", "add", {
  summary: "a + b.",
  takes: ["f32", "i32", "u32"],
  grad: ({ g }) => [g, g],
  reference: (a, b) => a + b,
});
