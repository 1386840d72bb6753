import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, L] -> [N, C, L + left + right] */
export const zeroPad1d = defineLayer({
  summary: "Zeros around a sequence.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("zeroPad1d", padding, 1),
  apply: (_scope, x, { padding }) => padded(x, padding, 1, 0),
});
