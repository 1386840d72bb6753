import { square, sub } from "../ops/index.ts";
import { defineLoss } from "./definition.ts";
import { reduced, reduction } from "./reduction.ts";
import { valueTarget } from "./values.ts";

/** output and target of one shape; targets [N] fit outputs [N, 1]. */
export const mse = defineLoss({
  summary: "Squared error, (output - target)^2, averaged over all elements.",
  params: { reduction },
  target: "value",
  compute: ({ output, target }, options) =>
    reduced(square(sub(output, valueTarget("mse", output, target))), options.reduction),
});
