import { mul } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const exp = unaryOp("exp", "exp", {
  summary: "e^x.",
  cost: "costly",
  grad: ({ g, y }) => mul(g, y),
  reference: (x) => Math.exp(x),
});
