import { square, sub } from "../ops/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/** output and target of one shape; targets [N] fit outputs [N, 1]. */
export const mse = defineLoss({
  summary: "Squared error, (output - target)^2, averaged over all elements.",
  rule: ["l = (x - y)^2"],
  params: { reduction },
  takes: ["value"],
  gives: "values",
  terms: ({ output, target }) => ({ each: square(sub(output, valueTarget("mse", output, target))) }),
});
