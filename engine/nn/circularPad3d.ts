import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, D, H, W] -> [N, C, D + front + back, H + top + bottom, W + left + right] */
export const circularPad3d = defineLayer({
  summary: "A volume continued by its other side.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("circularPad3d", padding, 3),
  apply: (_scope, x, { padding }) => padded(x, padding, 3, "circular"),
});
