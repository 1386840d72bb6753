import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, D, H, W] -> [N, C, D + front + back, H + top + bottom, W + left + right] */
export const replicationPad3d = defineLayer({
  summary: "A volume continued by its border elements.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("replicationPad3d", padding, 3),
  apply: (_scope, x, { padding }) => padded(x, padding, 3, "replicate"),
});
