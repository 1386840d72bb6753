import { ConfigError } from "../errors/index.ts";
import { num } from "../params/index.ts";
import { exponentialBelow } from "./curves.ts";
import { defineLayer } from "./definition.ts";

export const celu = defineLayer({
  summary: "x above 0, and alpha (e^(x / alpha) - 1) below: elu with one slope at 0, whatever alpha is.",
  paper: "Barron 2017, arXiv:1704.07483",
  params: { alpha: num(1, "(-inf, inf)", "The output tends to -alpha far below 0; not 0.") },
  positional: "alpha",
  validate: ({ alpha }) => {
    if (alpha === 0) throw new ConfigError("celu: alpha is 0, and x / alpha has no value; use relu");
  },
  apply: (_scope, x, { alpha }) => exponentialBelow(x, alpha, alpha),
});
