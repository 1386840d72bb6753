import { sub, tanh } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const tanhshrink = defineLayer({
  summary: "x - tanh(x).",
  params: {},
  apply: (_scope, x) => sub(x, tanh(x)),
});
