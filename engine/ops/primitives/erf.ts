import { erf as erfOf } from "../../backends/interpret.ts";
import { exp, mul, neg } from "../arithmetic.ts";
import { unaryOp } from "../elementwise.ts";

export const erf = unaryOp("erf", "erf", {
  summary: "Error function: 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.",
  cost: "costly",
  grad: ({ g, x }) => mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))),
  reference: erfOf,
});
