import { softmax as f } from "../ops/index.ts";
import { int } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const softmax = defineLayer({
  summary: "e^x divided by its sum along an axis: positive numbers with sum 1.",
  params: { dim: int(-1, "(-inf, inf)", "The axis whose numbers sum to 1; negative ones count from the end.") },
  positional: "dim",
  apply: (_scope, x, { dim }) => f(x, dim),
});
