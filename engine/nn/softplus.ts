import { greater, logOnePlusExp, mul, select } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const softplus = defineLayer({
  summary: "log(1 + e^(beta x)) / beta, a smooth relu; x itself where beta x is above threshold.",
  paper: "Dugas, Bengio, Bélisle, Nadeau & Garcia 2001, Incorporating Second-Order Functional Knowledge, section 3",
  rule: ["y = log(1 + e^(beta x)) / beta"],
  params: {
    beta: num(1, "(0, inf)", "Larger is closer to relu."),
    threshold: num(20, "(-inf, inf)", "Above it, in beta x, the output is x."),
  },
  apply: (_scope, x, { beta, threshold }) => {
    const scaled = mul(x, beta);
    return select(greater(scaled, threshold), x, mul(logOnePlusExp(scaled), 1 / beta));
  },
});
