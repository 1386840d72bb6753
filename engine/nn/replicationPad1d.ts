import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, L] -> [N, C, L + left + right] */
export const replicationPad1d = defineLayer({
  summary: "A sequence continued by its border elements.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("replicationPad1d", padding, 1),
  apply: (_scope, x, { padding }) => padded(x, padding, 1, "replicate"),
});
