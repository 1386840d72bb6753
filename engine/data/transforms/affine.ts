import { num } from "../../params/index.ts";
import { eachValue } from "./collectors.ts";
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
  apply: (rows, _, { scale, shift }) => eachValue(rows, (x) => x * scale + shift),
  invert: (rows, _, { scale, shift }) => eachValue(rows, (x) => (x - shift) / scale),
});
