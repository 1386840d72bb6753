import { div, mul } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const sqrt = unaryOp("sqrt", "sqrt", {
  summary: "Square root.",
  grad: ({ g, y }) => div(g, mul(y, 2)),
  reference: (x) => Math.sqrt(x),
});
