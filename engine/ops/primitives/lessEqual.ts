import { binaryOp } from "../elementwise.ts";

export const lessEqual = binaryOp("lessEqual", "lessEqual", {
  summary: "a <= b.",
  takes: ["f32", "i32", "u32"],
  gives: "bool",
  reference: (a, b) => (a <= b ? 1 : 0),
});
