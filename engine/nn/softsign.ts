import { abs, add, div } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const softsign = defineLayer({
  summary: "x / (1 + |x|): as tanh, but it tends to its ends slowly.",
  paper: "Glorot & Bengio 2010, AISTATS, section 3",
  params: {},
  apply: (_scope, x) => div(x, add(1, abs(x))),
});
