import { ConfigError } from "../errors/index.ts";
import { num } from "../params/index.ts";
import { clamped } from "./curves.ts";
import { defineLayer } from "./definition.ts";

export const hardtanh = defineLayer({
  summary: "x, held between minVal and maxVal; the derivative is 0 at both.",
  paper: "Collobert 2004, Large Scale Machine Learning, thesis, Université Paris VI",
  params: {
    minVal: num(-1, "(-inf, inf)", "Lowest output."),
    maxVal: num(1, "(-inf, inf)", "Highest output."),
  },
  validate: ({ minVal, maxVal }) => {
    if (minVal >= maxVal) throw new ConfigError(`hardtanh: minVal = ${minVal} is not below maxVal = ${maxVal}`);
  },
  apply: (_scope, x, { minVal, maxVal }) => clamped(x, minVal, maxVal),
});
