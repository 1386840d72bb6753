import { add, mul } from "../ops/index.ts";
import { clamped } from "./curves.ts";
import { defineLayer } from "./definition.ts";

export const hardsigmoid = defineLayer({
  summary: "x / 6 + 1 / 2, held between 0 and 1; the derivative is 0 at both ends.",
  paper: "Courbariaux, Bengio & David 2015, arXiv:1511.00363, equation 3, with PyTorch's slope of 1 / 6",
  params: {},
  apply: (_scope, x) => mul(clamped(add(x, 3), 0, 6), 1 / 6),
});
