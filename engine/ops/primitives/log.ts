import { div } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const log = unaryOp("log", "log", {
  summary: "Natural logarithm.",
  cost: "costly",
  grad: ({ g, x }) => div(g, x),
  reference: (x) => Math.log(x),
});
