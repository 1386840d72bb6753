import { binaryOp } from "../elementwise.ts";

export const and = binaryOp("and", "and", {
  summary: "Both.",
  takes: ["bool"],
  gives: "bool",
  reference: (a, b) => (a && b ? 1 : 0),
});
