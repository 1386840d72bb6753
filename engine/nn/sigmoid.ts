import { sigmoid as f } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const sigmoid = defineLayer({
  summary: "1 / (1 + e^-x).",
  rule: ["y = 1 / (1 + e^-x)"],
  params: {},
  apply: (_scope, x) => f(x),
});
