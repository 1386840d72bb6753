import { logSoftmax as f } from "../ops/index.ts";
import { int } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const logSoftmax = defineLayer({
  summary: "The logarithm of softmax along an axis, computed without overflow: for loss.nll.",
  params: { dim: int(-1, "(-inf, inf)", "The axis of the classes; negative ones count from the end.") },
  positional: "dim",
  apply: (_scope, x, { dim }) => f(x, dim),
});
