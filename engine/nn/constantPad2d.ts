import { num, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, H, W] -> [N, C, H + top + bottom, W + left + right] */
export const constantPad2d = defineLayer({
  summary: "A number around an image.",
  params: { ...paddingParams, value: num(required, "(-inf, inf)", "The number.") },
  positional: "padding",
  validate: ({ padding }) => checkWidths("constantPad2d", padding, 2),
  apply: (_scope, x, { padding, value }) => padded(x, padding, 2, value),
});
