import { abs, lessEqual, mul, select, sign, sub } from "../ops/index.ts";
import { num } from "../params/index.ts";
import { defineLayer } from "./definition.ts";

export const softshrink = defineLayer({
  summary: "0 where |x| is at most lambd, else x brought nearer to 0 by lambd: the proximal step of an L1 penalty.",
  paper: "Donoho 1995, De-Noising by Soft-Thresholding, equation 3",
  params: { lambd: num(0.5, "[0, inf)", "By how much x is brought nearer to 0.") },
  positional: "lambd",
  apply: (_scope, x, { lambd }) => select(lessEqual(abs(x), lambd), 0, sub(x, mul(sign(x), lambd))),
});
