import { num } from "../params/index.ts";
import { exponentialBelow } from "./curves.ts";
import { defineLayer } from "./definition.ts";

export const elu = defineLayer({
  summary: "x above 0, and alpha (e^x - 1) below; the derivative at 0 is alpha.",
  paper: "Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289, equation 15",
  rule: ["y = x for x > 0, else alpha (e^x - 1)"],
  params: { alpha: num(1, "(-inf, inf)", "The output tends to -alpha far below 0.") },
  positional: "alpha",
  apply: (_scope, x, { alpha }) => exponentialBelow(x, alpha),
});
