import { tanh as f } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const tanh = defineLayer({
  summary: "Hyperbolic tangent.",
  params: {},
  apply: (_scope, x) => f(x),
});
