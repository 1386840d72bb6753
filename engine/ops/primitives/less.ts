import { binaryOp } from "../elementwise.ts";

export const less = binaryOp("less", "less", {
  summary: "a < b.",
  takes: ["f32", "i32", "u32"],
  gives: "bool",
  reference: (a, b) => (a < b ? 1 : 0),
});
