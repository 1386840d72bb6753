import { binaryOp } from "../elementwise.ts";

export const mod = binaryOp("mod", "mod", {
  summary: "Remainder of a / b, with the sign of a.",
  takes: ["i32", "u32"],
  reference: (a, b) => a % b,
});
