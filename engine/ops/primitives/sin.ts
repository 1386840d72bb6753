import { cos, mul } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const sin = unaryOp("sin", "sin", {
  summary: "Sine of an angle in radians.",
  cost: "costly",
  grad: ({ g, x }) => mul(g, cos(x)),
  reference: (x) => Math.sin(x),
});
