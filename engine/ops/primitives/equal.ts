import { binaryOp } from "../elementwise.ts";

export const equal = binaryOp("equal", "equal", {
  summary: "a = b.",
  takes: ["f32", "i32", "u32", "bool"],
  gives: "bool",
  reference: (a, b) => (a === b ? 1 : 0),
});
