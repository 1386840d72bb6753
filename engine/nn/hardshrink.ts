import { abs, lessEqual, select } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const hardshrink = defineLayer({
  summary: "0 where |x| is at most lambd, else x.",
  params: { lambd: num(0.5, "[0, inf)", "Below it, in size, x becomes 0.") },
  positional: "lambd",
  apply: (_scope, x, { lambd }) => select(lessEqual(abs(x), lambd), 0, x),
});
