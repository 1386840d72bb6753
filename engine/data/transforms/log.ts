import { DataError } from "../../errors/index.ts";
import { num } from "../../params/index.ts";
import { eachValue } from "./collectors.ts";
import { columnsParam } from "./columns.ts";
import { defineTransform } from "./definition.ts";

/** log(x + offset). Throws DataError for a value of -offset or less. */
export const log = defineTransform({
  summary: "log(x + offset): amounts over several orders of magnitude become comparable; nothing is fitted.",
  params: {
    offset: num(1, "[0, inf)", "Added first, so that 0 has a logarithm."),
    columns: columnsParam,
  },
  of: "numbers",
  apply: (rows, _, { offset }) => {
    let [wrong, lowest] = [0, Infinity];
    const out = eachValue(rows, (x) => {
      if (x + offset <= 0) {
        wrong++;
        lowest = Math.min(lowest, x);
      }
      return Math.log(x + offset);
    });
    if (wrong === 0) return out;
    throw new DataError(
      `log: ${wrong} value${wrong === 1 ? "" : "s"} of ${-offset} or less, down to ${lowest}, have no logarithm; choose columns, or an offset above ${-lowest}`,
    );
  },
  invert: (rows, _, { offset }) => eachValue(rows, (x) => Math.exp(x) - offset),
});
