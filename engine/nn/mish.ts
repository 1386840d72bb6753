import { logOnePlusExp, mul, tanh } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const mish = defineLayer({
  summary: "x tanh(log(1 + e^x)).",
  paper: "Misra 2019, arXiv:1908.08681, equation 1",
  params: {},
  apply: (_scope, x) => mul(x, tanh(logOnePlusExp(x))),
});
