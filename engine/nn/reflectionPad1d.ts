import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, L] -> [N, C, L + left + right] */
export const reflectionPad1d = defineLayer({
  summary: "A sequence continued by its mirror image; the border element itself is not repeated.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("reflectionPad1d", padding, 1),
  apply: (_scope, x, { padding }) => padded(x, padding, 1, "reflect"),
});
