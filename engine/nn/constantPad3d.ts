import { num, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, D, H, W] -> [N, C, D + front + back, H + top + bottom, W + left + right] */
export const constantPad3d = defineLayer({
  summary: "A number around a volume.",
  params: { ...paddingParams, value: num(required, "(-inf, inf)", "The number.") },
  positional: "padding",
  validate: ({ padding }) => checkWidths("constantPad3d", padding, 3),
  apply: (_scope, x, { padding, value }) => padded(x, padding, 3, value),
});
