import { mul, sub } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const sigmoid = unaryOp("sigmoid", "sigmoid", {
  summary: "1 / (1 + e^-x).",
  cost: "costly",
  grad: ({ g, y }) => mul(g, mul(y, sub(1, y))),
  reference: (x) => 1 / (1 + Math.exp(-x)),
});
