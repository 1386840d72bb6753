import { logOnePlusExp, neg } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const logSigmoid = defineLayer({
  summary: "log(sigmoid(x)) = -log(1 + e^-x).",
  params: {},
  apply: (_scope, x) => neg(logOnePlusExp(neg(x))),
});
