import { mul, sub } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const tanh = unaryOp("tanh", "tanh", {
  summary: "Hyperbolic tangent.",
  cost: "costly",
  grad: ({ g, y }) => mul(g, sub(1, mul(y, y))),
  reference: (x) => Math.tanh(x),
});
