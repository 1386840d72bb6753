import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, H, W] -> [N, C, H + top + bottom, W + left + right] */
export const circularPad2d = defineLayer({
  summary: "An image continued by its other side.",
  params: paddingParams,
  positional: "padding",
  validate: ({ padding }) => checkWidths("circularPad2d", padding, 2),
  apply: (_scope, x, { padding }) => padded(x, padding, 2, "circular"),
});
