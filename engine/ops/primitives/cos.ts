import { mul, neg, sin } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const cos = unaryOp("cos", "cos", {
  summary: "Cosine of an angle in radians.",
  cost: "costly",
  grad: ({ g, x }) => neg(mul(g, sin(x))),
  reference: (x) => Math.cos(x),
});
