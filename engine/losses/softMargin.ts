import { logOnePlusExp, mul, neg } from "../ops/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { signTarget } from "./values.ts";

/** output x, target y of 1 and -1, or classes 1 and 0: log(1 + e^(-y x)). */
export const softMargin = defineLoss({
  summary: "log(1 + e^(-y output)) for y of 1 and -1: the logistic loss.",
  rule: ["l = log(1 + e^(-y x))"],
  params: { reduction },
  takes: ["label", "value"],
  gives: "scores",
  terms: ({ output, target }) => ({
    each: logOnePlusExp(neg(mul(signTarget("softMargin", output, target), output))),
  }),
});
