import { add, less, lessEqual, mul, select } from "../ops/index.ts";
import { defineLayer } from "./definition.ts";

export const hardswish = defineLayer({
  summary: "x (x + 3) / 6 between -3 and 3, 0 below and x above; at both ends the derivative is that of the middle.",
  paper: "Howard et al. 2019, arXiv:1905.02244, section 5.2",
  params: {},
  apply: (_scope, x) => {
    const middle = mul(mul(x, add(x, 3)), 1 / 6);
    return select(less(x, -3), 0, select(lessEqual(x, 3), middle, x));
  },
});
