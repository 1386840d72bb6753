import { mul, sign } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const abs = unaryOp("abs", "abs", {
  summary: "|x|.",
  grad: ({ g, x }) => mul(g, sign(x)),
  reference: (x) => Math.abs(x),
});
