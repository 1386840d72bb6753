import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, H, W] -> [N, C, H + top + bottom, W + left + right] */
export const zeroPad2d = defineLayer({
  summary: "Zeros around an image.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("zeroPad2d", padding, 2),
  apply: (_scope, x, { padding }) => padded(x, padding, 2, 0),
});
