import { gelu as f } from "../ops/index.ts";
import { choice } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

/** x Phi(x), with Phi the standard normal's distribution function; or 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
export const gelu = defineLayer({
  summary: "x times the share of a standard normal distribution that lies below x.",
  paper: "Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2",
  rule: ["y = x (1 + erf(x / sqrt(2))) / 2"],
  params: {
    approximate: choice(
      "none",
      ["none", "tanh"],
      "none: by the error function; tanh: the older approximation by tanh.",
    ),
  },
  apply: (_scope, x, { approximate }) => f(x, approximate),
});
