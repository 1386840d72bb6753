import { tanh as f } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const tanh = defineLayer({
  summary: "Hyperbolic tangent.",
  rule: ["y = (e^x - e^-x) / (e^x + e^-x)"],
  params: {},
  apply: (_scope, x) => f(x),
});
