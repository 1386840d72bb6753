import { num, required } from "../params/index.ts";
import { defineLayer } from "./definition.ts";
import { checkWidths, padded, paddingParams } from "./padding.ts";

/** [N, C, L] -> [N, C, L + left + right] */
export const constantPad1d = defineLayer({
  summary: "A number around a sequence.",
  params: { ...paddingParams, value: num(required, "(-inf, inf)", "The number.") },
  positional: "padding",
  validate: ({ padding }) => checkWidths("constantPad1d", padding, 1),
  apply: (_scope, x, { padding, value }) => padded(x, padding, 1, value),
});
