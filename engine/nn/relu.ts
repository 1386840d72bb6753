import { relu as f } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const relu = defineLayer({
  summary: "max(x, 0), with NaN kept.",
  rule: ["y = max(x, 0)"],
  params: {},
  apply: (_scope, x) => f(x),
});
