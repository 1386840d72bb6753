import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, L] -> [N, C, L + left + right] */
export const circularPad1d = defineLayer({
  summary: "A sequence continued by its other side.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("circularPad1d", padding, 1),
  apply: (_scope, x, { padding }) => padded(x, padding, 1, "circular"),
});
