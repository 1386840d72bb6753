import { neg as negative } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const neg = unaryOp("neg", "neg", {
  summary: "-x.",
  grad: ({ g }) => negative(g),
  reference: (x) => -x,
});
