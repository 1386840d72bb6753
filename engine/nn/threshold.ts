import { lessEqual, select } from "../ops/index.ts";
import { num, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const threshold = defineLayer({
  summary: "x above threshold, else value.",
  params: {
    threshold: num(required, "(-inf, inf)", "Above it x passes."),
    value: num(required, "(-inf, inf)", "The output otherwise."),
  },
  apply: (_scope, x, { threshold, value }) => select(lessEqual(x, threshold), value, x),
});
