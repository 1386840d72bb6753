import { binaryOp } from "../elementwise.ts";

export const or = binaryOp("or", "or", {
  summary: "Either.",
  takes: ["bool"],
  gives: "bool",
  reference: (a, b) => (a || b ? 1 : 0),
});
