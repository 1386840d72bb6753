import { neg, softmax } from "../ops/index.ts";
import { int } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const softmin = defineLayer({
  summary: "softmax of -x: the smallest number gets the most.",
  params: { dim: int(-1, "(-inf, inf)", "The axis whose numbers sum to 1; negative ones count from the end.") },
  positional: "dim",
  apply: (_scope, x, { dim }) => softmax(neg(x), dim),
});
