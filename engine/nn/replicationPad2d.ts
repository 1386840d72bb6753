import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, H, W] -> [N, C, H + top + bottom, W + left + right] */
export const replicationPad2d = defineLayer({
  summary: "An image continued by its border elements.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("replicationPad2d", padding, 2),
  apply: (_scope, x, { padding }) => padded(x, padding, 2, "replicate"),
});
