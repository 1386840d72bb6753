import { mul, relu, square, sub } from "../ops/index.ts";
import { bool, num } from "../params/index.ts";
import { defineLoss } from "./definition.ts";
import { reduction } from "./reduction.ts";
import { signTarget } from "./values.ts";

/** output x, target y of 1 and -1, or classes 1 and 0: max(0, margin - y x). */
export const hinge = defineLoss({
  summary: "max(0, margin - y output) for y of 1 and -1: the loss of support vector machines.",
  paper: "Cortes & Vapnik 1995, Support-vector networks",
  rule: ["l = max(0, margin - y x)"],
  params: {
    margin: num(1, "(0, inf)", "How far on its side of 0 an output has to be to cost nothing."),
    squared: bool(false, "The square of it, which punishes the worst more."),
    reduction,
  },
  takes: ["label", "value"],
  gives: "scores",
  terms: ({ output, target }, { margin, squared }) => {
    const short = relu(sub(margin, mul(signTarget("hinge", output, target), output)));
    return { each: squared ? square(short) : short };
  },
});
