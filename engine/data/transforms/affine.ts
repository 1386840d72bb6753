import { num } from "../../params/index.ts";
import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";

/** x * scale + shift, whatever the examples are; a scale of 0 cannot be undone. */
export const affine = defineTransform({
  summary: "x * scale + shift: what is known beforehand, as 1 / 255 for pixels; nothing is fitted.",
  params: {
    scale: num(1, "(-inf, inf)", "Multiplies every value."),
    shift: num(0, "(-inf, inf)", "Added afterwards."),
    columns: columnsParam,
  },
  of: "numbers",
  each: (_, __, { scale, shift }) => ({
    groups: 1,
    change: (x) => x * scale + shift,
    invert: (x) => (x - shift) / scale,
  }),
});
