import { abs, sub } from "../ops/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/** PyTorch's L1Loss; the derivative at 0 is 0. */
export const mae = defineLoss({
  summary: "Absolute error, |output - target|, averaged over all elements: PyTorch's L1Loss.",
  rule: ["l = |x - y|"],
  params: { reduction },
  takes: ["value"],
  gives: "values",
  terms: ({ output, target }) => ({ each: abs(sub(output, valueTarget("mae", output, target))) }),
});
